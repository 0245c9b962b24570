import Checkpoint
import Compression
import FoundationEssentials
import JSON
import Kernels
import TestSupport
import Testing

/// What is stored reads back bit for bit, in whatever layout, and what is not as it should be is refused.
struct FormatStorageTests {
    static let specs: [Spec] = {
        let lines = [
            #"{"method": "rtn", "format": ["nf4", "fp4"], "scale_search": [false, true]}"#,
            #"{"method": "rtn", "format": ["fp8-e4m3", "fp8-e5m2"], "group": ["channel", 32]}"#,
            #"{"method": "rtn", "format": "mxfp4", "scale_search": [false, true]}"#,
            #"{"method": "rtn", "format": ["mxfp6", "mxfp8"], "scale_search": [false, true]}"#,
            #"{"method": "rtn", "format": ["mxint8", "nvfp4", "fp8-block"]}"#,
            #"{"method": "hqq", "bits": [2, 3, 4, 8], "group": ["channel", 16]}"#,
            #"{"method": "rtn", "format": ["ternary", "binary"], "group": ["channel", 16]}"#,
            #"{"method": "rtn", "bits": [2, 3], "group": 16, "symmetric": [false, true], "scale_search": true}"#,
            #"{"method": "codebook", "levels": [4, 5, 12], "group": ["channel", 32], "shared_table": [false, true]}"#,
            #"{"method": "codebook", "levels": [16, 27], "vector": [2, 4], "group": [32, "channel"]}"#,
            #"{"method": "codebook", "levels": [3, 8, 100], "powers_of_two": true}"#,
        ]
        return lines.flatMap { line -> [Spec] in
            guard let object = try? JSONValue(parsing: line).object else { return [] }
            return (try? Spec.expand(line: object)) ?? []
        }
    }()

    private static let module = "gpt_neox.layers.0.mlp.dense_h_to_4h"

    private func checkpoint(_ type: ElementType = .float16) -> SmallCheckpoint {
        var checkpoint = SmallCheckpoint.usual
        checkpoint.type = type
        checkpoint.tensors = [
            (Self.module + ".weight", [40, 64], randomWeights(rows: 40, columns: 64, seed: 1)),
            ("gpt_neox.layers.0.mlp.dense_4h_to_h.weight", [16, 128], randomWeights(rows: 16, columns: 128, seed: 2)),
            ("gpt_neox.embed_in.weight", [24, 16], randomWeights(rows: 24, columns: 16, seed: 5)),
        ]
        return checkpoint
    }

    private func provenance() -> Provenance { Provenance(source: "a", version: "1") }

    @Test func thereAreSpecsOfAllKinds() {
        #expect(Self.specs.count == 4 + 4 + 2 + 4 + 3 + 8 + 4 + 4 + 12 + 8 + 3)
        #expect(Set(Self.specs.map(\.name)).count == Self.specs.count)
        #expect(Self.specs.allSatisfy { !$0.name.contains { " /:".contains($0) } })
    }

    @Test(arguments: [ElementType.float16, .bfloat16, .float32]) func storedWeightsReadBack(_ type: ElementType) throws
    {
        let root = try ScratchDirectory()
        let source = try checkpoint(type).write(to: root.url.appending(path: "source"))
        let targets = Self.specs.map { CompressionTarget($0, directory: root.url.appending(path: $0.name)) }
        var run = try CompressionRun(source, targets)
        var made: [[String: CompressedWeight]] = targets.map { _ in [:] }
        for layer in run.layers {
            for (index, weight) in try run.compress(layer).enumerated() { made[index][layer.name] = weight }
        }
        try run.finish(provenance())
        for (target, weights) in zip(targets, made) {
            let store = try WeightStore(Checkpoint(directory: target.directory))
            for (name, weight) in weights {
                let (read, expected) = (try store.matrix(name), weight.matrix)
                #expect(read.decoded.map(\.bitPattern) == expected.decoded.map(\.bitPattern), "\(target.spec.name)")
                #expect(panels(read) == panels(expected), "\(target.spec.name)")
            }
            let bits = weights.values.reduce(0) { $0 + $1.bitCount }
            let count = weights.values.reduce(0) { $0 + $1.weightCount }
            let stored = store.bitsPerWeight(of: source.linearModules)
            #expect(stored == Double(bits) / Double(count), "\(target.spec.name)")
            #expect(stored >= target.spec.nominalBits, "\(target.spec.name)")
        }
    }

    /// Parts of rows that begin and end anywhere, as the panel packer asks for them.
    private func panels(_ matrix: any WeightMatrix) -> [UInt32] {
        var values = [Float](repeating: 0, count: 16 * 45)
        var span = values.mutableSpan
        matrix.pack(rows: 3..<14, columns: 7..<52, into: &span)
        return values.map(\.bitPattern)
    }

    @Test func everyPartOfARowDecodesAlike() throws {
        let values = randomWeights(rows: 2, columns: 64, seed: 9)
        let layer = LinearLayer(
            name: "x", weight: DenseMatrix(Matrix(values, columns: 64)), scaleType: .float16)
        for spec in Self.specs {
            let matrix = try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0].matrix
            let whole = matrix.decoded
            for start in stride(from: 0, to: 64, by: 5) {
                for end in stride(from: start + 1, through: 64, by: 7) {
                    var part = [Float](repeating: .nan, count: end - start)
                    var span = part.mutableSpan
                    matrix.decode(row: 1, columns: start..<end, into: &span)
                    #expect(part == Array(whole[64 + start..<64 + end]), "\(spec.name)")
                }
            }
        }
    }

    @Test func specsReadBackAndCompressAlike() throws {
        for spec in Self.specs {
            #expect(try Spec(json: #require(spec.canonical.object)) == spec)
        }
        let values = randomWeights(rows: 40, columns: 64, seed: 9)
        let layer = LinearLayer(
            name: "x", weight: DenseMatrix(Matrix(values, columns: 64)), scaleType: .float16)
        for spec in Self.specs {
            let same = Self.specs.filter { $0.compressor.isEqual(to: spec.compressor) }
            let together = try spec.compressor.compress(layer, specs: same, hessian: nil)
            let alone = try Parallel.$limit.withValue(1) {
                try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0]
            }
            let index = try #require(same.firstIndex(of: spec))
            #expect(
                zip(alone.tensors, together[index].tensors).allSatisfy {
                    Array($0.storage.bytes) == Array($1.storage.bytes)
                }, "\(spec.name)")
        }
    }

    /// A module of the layout `levels` as it should be: 4 × 32 weights of three levels, two groups.
    private var levels: StoredModule {
        var module = StoredModule(
            quantization: #"{"quant_method": "qid", "format": "levels", "levels": 3, "vector": 1}"#)
        module.add("weight_packed", .int64, [4, 1], [Int64](repeating: 0x1234_5678_9abc_def0, count: 4))
        module.add("weight_levels", .float16, [3, 1], [UInt16](repeating: 0x3c00, count: 3))
        module.add("weight_scale", .float16, [4, 2], [UInt16](repeating: 0x3c00, count: 8))
        module.add("weight_shape", .int64, [2], [Int64(4), 32])
        return module
    }

    private func error(_ module: StoredModule) throws -> CompressionError {
        try #require(throws: CompressionError.self) {
            try module.withStore { _ = try $0.matrix(StoredModule.name) }
        }
    }

    @Test func tensorsOfWrongShapesAreRefused() throws {
        #expect(try levels.decoded().first == [1, 1, 1])
        let name = StoredModule.name
        #expect(
            try error(levels.replacing("weight_packed", .int64, [4, 2]))
                == .wrongShape(tensor: name + ".weight_packed", found: [4, 2], expected: "[4, 1]"))
        #expect(
            try error(levels.replacing("weight_packed", .int32, [4, 1]))
                == .wrongType(tensor: name + ".weight_packed", found: "I32", expected: "I64"))
        #expect(
            try error(levels.replacing("weight_levels", .float16, [4, 1]))
                == .wrongShape(
                    tensor: name + ".weight_levels", found: [4, 1], expected: "[3, 1] or [4, groups, 3]"))
        #expect(
            try error(levels.replacing("weight_levels", .int32, [3, 1]))
                == .wrongType(tensor: name + ".weight_levels", found: "I32", expected: "F16, BF16 or F32"))
        #expect(
            try error(levels.replacing("weight_scale", .float16, [4, 3]))
                == .wrongShape(
                    tensor: name + ".weight_scale", found: [4, 3],
                    expected: "[4, groups] with groups that divide 32 columns"))
        #expect(try error(levels.replacing("weight_scale", .float16, [4, 0])).description.contains("groups"))
        #expect(try error(levels.replacing("weight_levels", .float16, [4, 5, 3])).description.contains("divide 32"))
        #expect(try error(levels.replacing("weight_levels", .float16, [4, 0, 3])).description.contains("divide 32"))
        #expect(try error(levels.replacing("weight_shape", .int64, [3])).description.contains("[2]"))
        #expect(try error(levels.replacing("weight_levels")).description.contains("weight_levels"))
        #expect(try error(levels.replacing("weight_shape")).description.contains("weight_shape"))
    }

    @Test func oneTableWithoutScalesIsRead() throws {
        var module = levels.replacing("weight_scale").replacing("weight_levels")
        module.add("weight_levels", .float32, [3, 1], [Float(-2), 0.5, 7])
        let values = try module.withStore { try $0.matrix(StoredModule.name).decoded }
        #expect(Set(values).isSubset(of: [-2, 0.5, 7]))
        #expect(Set(values).count > 1)
    }

    @Test func configurationsThatMakeNoSenseAreRefused() throws {
        for (text, key) in [
            (#"{"quant_method": "qid"}"#, "format"),
            (#"{"quant_method": "qid", "format": "sums"}"#, "format"),
            (#"{"quant_method": "qid", "format": "levels", "vector": 1}"#, "levels"),
            (#"{"quant_method": "qid", "format": "levels", "levels": 1, "vector": 1}"#, "levels"),
            (#"{"quant_method": "qid", "format": "levels", "levels": 257, "vector": 1}"#, "levels"),
            (#"{"quant_method": "qid", "format": "levels", "levels": 4, "vector": 0}"#, "vector"),
        ] {
            var module = levels
            module.quantization = text
            #expect(try error(module).description.contains("quantization_config.\(key) is"))
        }
    }

    @Test func microscalingTensorsOfWrongShapesAreRefused() throws {
        var eight = StoredModule(quantization: #"{"quant_method": "qid", "format": "mxint8"}"#)
        eight.add("weight", .int8, [2, 64], [Int8](repeating: 64, count: 128))
        eight.add("weight_scale", .uint8, [2, 2], [UInt8](repeating: 127, count: 4))
        #expect(try eight.decoded().first == [1, 1, 1])
        #expect(try error(eight.replacing("weight_scale", .uint8, [2, 3])).description.contains("[2, 64/32]"))
        #expect(try error(eight.replacing("weight_scale", .int8, [2, 2])).description.contains("must be U8"))
        #expect(try error(eight.replacing("weight", .int8, [2, 40])).description.contains("40/32"))
        #expect(try error(eight.replacing("weight", .int8, [128])).description.contains("two sizes"))
        var four = StoredModule(
            quantization: """
                {"quant_method": "compressed-tensors", "format": "mxfp4-pack-quantized", "config_groups":
                 {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "float", "group_size": 32}}}}
                """)
        four.add("weight_packed", .uint8, [2, 32], [UInt8](repeating: 0x22, count: 64))
        four.add("weight_scale", .uint8, [2, 2], [UInt8](repeating: 126, count: 4))
        #expect(try four.decoded().first == [0.5, 0.5, 0.5])
        #expect(try error(four.replacing("weight_packed", .int32, [2, 32])).description.contains("must be U8"))
        #expect(try error(four.replacing("weight_packed", .uint8, [2, 20])).description.contains("40/32"))
        #expect(try error(four.replacing("weight_scale")).description.contains("weight_scale"))
        var five = StoredModule(quantization: #"{"quant_method": "qid", "format": "float-quantized"}"#)
        five.add("weight", .float8E5M2, [2, 4], [UInt8](repeating: 0x3c, count: 8))
        five.add("weight_scale", .float32, [2, 1], [Float(2), 3])
        #expect(try five.decoded().first == [2, 2, 2])
        #expect(try error(five.replacing("weight_scale", .float32, [1, 1])).description.contains("[2, groups]"))
    }

    /// Random bytes in tensors of the right shapes decode to something, without a trap.
    @Test func anyBytesDecode() throws {
        var random = Congruential(seed: 77)
        for count in [2, 3, 5, 8, 12, 100, 255, 256] {
            let isPower = count.nonzeroBitCount == 1
            let wordBytes = isPower ? 4 : 8
            let words = isPower ? (48 * count.trailingZeroBitCount + 31) / 32 : 47 / digits(count) + 1
            var module = StoredModule(
                quantization: #"{"quant_method": "qid", "format": "levels", "levels": \#(count), "vector": 1}"#)
            module.add(
                "weight_packed", isPower ? .int32 : .int64, [3, words], random.bytes(3 * words * wordBytes))
            module.add("weight_levels", .float32, [count, 1], random.floats(count))
            module.add("weight_shape", .int64, [2], [Int64(3), 48])
            let values = try module.withStore { try $0.matrix(StoredModule.name).decoded }
            #expect(values.allSatisfy { $0 >= 0.25 && $0 < 1.25 })
        }
    }

    private func digits(_ base: Int) -> Int {
        var (power, count) = (UInt64(1), 0)
        while power <= UInt64.max / UInt64(base) { (power, count) = (power * UInt64(base), count + 1) }
        return count
    }
}
