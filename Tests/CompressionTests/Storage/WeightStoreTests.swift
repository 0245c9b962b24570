import Checkpoint
import Compression
import FoundationEssentials
import JSON
import Kernels
import TestSupport
import Testing

struct WeightStoreTests {
    private let provenance = Provenance(source: "0123", version: "1")

    @Test func plainWeightsOfEveryTypeDecode() throws {
        for type in [ElementType.float16, .bfloat16, .float32] {
            let directory = try ScratchDirectory()
            var small = SmallCheckpoint.usual
            small.type = type
            let store = try WeightStore(small.write(to: directory.url))
            let weight = try store.matrix("gpt_neox.layers.0.mlp.dense_h_to_4h")
            #expect((weight.rows, weight.columns) == (40, 16))
            let values = small.tensors[0].values
            let expected = type == .bfloat16 ? values.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) } : values
            #expect(weight.decoded == expected)
            #expect(store.bitsPerWeight(of: store.checkpoint.linearModules) == (type == .float32 ? 32 : 16))
            #expect(try store.vector("gpt_neox.layers.0.mlp.dense_4h_to_h.bias").count == 16)
        }
    }

    @Test func transposedWeightsAreOutputsByInputs() throws {
        let directory = try ScratchDirectory()
        let store = try WeightStore(SmallCheckpoint.usual.write(to: directory.url))
        let plain = try store.matrix("gpt_neox.layers.0.mlp.dense_h_to_4h")
        let transposed = try store.matrix("gpt_neox.layers.0.mlp.dense_h_to_4h", transposed: true)
        #expect((transposed.rows, transposed.columns) == (16, 40))
        let (before, after) = (plain.decoded, transposed.decoded)
        for row in 0..<16 {
            for column in 0..<40 { #expect(after[row * 40 + column] == before[column * 16 + row]) }
        }
    }

    @Test func compressedWeightsDecodeToTheNearestValues() throws {
        let directory = try ScratchDirectory()
        let small = SmallCheckpoint.usual
        let checkpoint = try small.write(to: directory.url.appending(path: "source"))
        for bits in 2...8 {
            for symmetric in [true, false] {
                let spec = try Spec(method: .rtn, bits: bits, group: .size(8), symmetric: symmetric)
                let output = directory.url.appending(path: spec.name)
                try compress(checkpoint, into: [CompressionTarget(spec, directory: output)], provenance: provenance)
                let store = try WeightStore(Checkpoint(directory: output))
                let weight = try store.matrix("gpt_neox.layers.0.mlp.dense_4h_to_h")
                let layer = LinearLayer(
                    name: "x", weight: try WeightStore(checkpoint).matrix("gpt_neox.layers.0.mlp.dense_4h_to_h"),
                    scaleType: .float16)
                let expected = try RoundToNearest().compress(layer, specs: [spec], hessian: nil)[0].matrix
                #expect(weight.decoded == expected.decoded)
                #expect(try store.vector("embed_out.weight") == small.tensors[5].values)
                #expect(store.contains("gpt_neox.layers.0.mlp.dense_4h_to_h"))
                #expect(store.contains("embed_out.weight"))
                #expect(!store.contains("gpt_neox.layers.1.mlp.dense_4h_to_h"))
            }
        }
    }

    @Test func anyRangeOfColumnsDecodes() throws {
        let values = randomWeights(rows: 33, columns: 90, seed: 9)
        for bits in 2...8 {
            for group in [Spec.Group.size(9), .size(30), .channel] {
                let spec = try Spec(method: .rtn, bits: bits, group: group, symmetric: false)
                let layer = LinearLayer(
                    name: "x", weight: DenseMatrix(Matrix(values, columns: 90)), scaleType: .float16)
                let weight = try RoundToNearest().compress(layer, specs: [spec], hessian: nil)[0].matrix
                let whole = weight.decoded
                var generator = Congruential(seed: 3)
                for _ in 0..<60 {
                    let (row, a, b) = (
                        Int.random(in: 0..<33, using: &generator), Int.random(in: 0...90, using: &generator),
                        Int.random(in: 0...90, using: &generator)
                    )
                    let range = min(a, b)..<max(a, b)
                    // One value more than asked for shows whether anything is written beyond the range.
                    var part = [Float](repeating: 77, count: range.count + 1)
                    var span = part.mutableSpan
                    span.withPart(0..<range.count) { weight.decode(row: row, columns: range, into: &$0) }
                    #expect(part == Array(whole[row * 90 + range.lowerBound..<row * 90 + range.upperBound]) + [77])
                }
            }
        }
    }

    /// Files of compressed-tensors before 0.18: no code straddles two words, 32/b codes stand in each.
    @Test func olderFilesWithPaddedWordsDecode() throws {
        let directory = try ScratchDirectory()
        let (rows, columns, bits) = (7, 64, 3)
        let codes = (0..<rows * columns).map { Int32($0 * 5 % 8) }
        let perWord = 32 / bits
        func pack(_ codes: [Int32]) -> [Int32] {
            stride(from: 0, to: codes.count, by: perWord).map { start in
                codes[start..<min(codes.count, start + perWord)].enumerated().reduce(0) {
                    $0 | $1.element << (Int32(bits) * Int32($1.offset))
                }
            }
        }
        let zeros = (0..<rows).map { Int32($0 % 8) }
        let module = "model.layers.0.mlp.up_proj"
        try writePacked(
            directory.url, module: module, bits: bits, symmetric: false,
            packed: (0..<rows).flatMap { pack(Array(codes[$0 * columns..<($0 + 1) * columns])) },
            packedShape: [rows, 7],
            scales: (0..<rows).map { Float16($0 + 1) / 4 }, scaleShape: [rows, 1], zeros: pack(zeros),
            zeroShape: [1, 1],
            shape: [rows, columns])
        let weight = try WeightStore(Checkpoint(directory: directory.url)).matrix(module)
        let expected = (0..<rows * columns).map { index in
            Float(codes[index] - zeros[index / columns]) * Float(index / columns + 1) / 4
        }
        #expect(weight.decoded == expected)
    }

    private func writePacked(
        _ directory: URL, module: String, bits: Int, symmetric: Bool, packed: [Int32], packedShape: [Int],
        scales: [Float16], scaleShape: [Int], zeros: [Int32], zeroShape: [Int], shape: [Int]
    ) throws {
        let config = """
            {"model_type": "llama", "quantization_config": {"quant_method": "compressed-tensors", "format": "pack-quantized",
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": \(bits), "type": "int",
            "symmetric": \(symmetric), "strategy": "group"}}}}}
            """
        try Data(config.utf8).write(to: directory.appending(path: "config.json"))
        var declarations: [SafetensorsWriter.Declaration] = [
            .init(module + ".weight_packed", .int32, packedShape),
            .init(module + ".weight_scale", .float16, scaleShape),
            .init(module + ".weight_shape", .int64, [2]),
        ]
        if !zeros.isEmpty { declarations.append(.init(module + ".weight_zero_point", .int32, zeroShape)) }
        var writer = try SafetensorsWriter(
            creating: directory.appending(path: "model.safetensors"), tensors: declarations)
        try writer.write(module + ".weight_packed", packed)
        try writer.write(module + ".weight_scale", scales)
        try writer.write(module + ".weight_shape", shape.map { Int64($0) })
        if !zeros.isEmpty { try writer.write(module + ".weight_zero_point", zeros) }
        try writer.finish()
    }

    /// The error of a packed weight of 4 × 16 codes of 4 bits in which one thing is wrong.
    private func error(
        bits: Int = 4, symmetric: Bool = false, packedShape: [Int] = [4, 2], scaleShape: [Int] = [4, 2],
        zeroShape: [Int] = [1, 2], zeros: Bool = true, shape: [Int] = [4, 16]
    ) throws -> CompressionError? {
        let directory = try ScratchDirectory()
        try writePacked(
            directory.url, module: "layers.0.a", bits: bits, symmetric: symmetric,
            packed: [Int32](repeating: 0, count: packedShape.reduce(1, *)), packedShape: packedShape,
            scales: [Float16](repeating: 1, count: scaleShape.reduce(1, *)), scaleShape: scaleShape,
            zeros: zeros ? [Int32](repeating: 0, count: zeroShape.reduce(1, *)) : [], zeroShape: zeroShape, shape: shape
        )
        let store = try WeightStore(Checkpoint(directory: directory.url))
        return #expect(throws: CompressionError.self) { try store.matrix("layers.0.a") }
    }

    @Test func shapesThatContradictEachOtherAreErrors() throws {
        #expect(
            try error(packedShape: [4, 3])
                == .wrongShape(
                    tensor: "layers.0.a.weight_packed", found: [4, 3], expected: "[4, 2] for 16 codes of 4 bits"))
        #expect(
            try error(scaleShape: [4, 3])
                == .wrongShape(
                    tensor: "layers.0.a.weight_scale", found: [4, 3],
                    expected: "[4, groups] with groups that divide 16 columns"))
        #expect(
            try error(zeroShape: [2, 2])
                == .wrongShape(tensor: "layers.0.a.weight_zero_point", found: [2, 2], expected: "[1, 2]"))
        #expect(try error(zeros: false) == .missingTensor(name: "layers.0.a.weight_zero_point", known: []))
        #expect(
            try error(shape: [4, -16])
                == .wrongShape(
                    tensor: "layers.0.a.weight_shape", found: [4, -16], expected: "two sizes from 1 to 2147483647"))
    }

    @Test func unknownModulesAndTypesAreErrors() throws {
        let directory = try ScratchDirectory()
        let store = try WeightStore(SmallCheckpoint.usual.write(to: directory.url))
        #expect(
            throws: CompressionError.missingTensor(
                name: "gpt_neox.layers.9.mlp.dense_h_to_4h.weight",
                known: ["gpt_neox.layers.0.mlp.dense_h_to_4h.weight"])
        ) { try store.matrix("gpt_neox.layers.9.mlp.dense_h_to_4h") }
        #expect(
            throws: CompressionError.wrongShape(
                tensor: "gpt_neox.layers.0.input_layernorm.weight", found: [16], expected: "of two dimensions")
        ) { try store.matrix("gpt_neox.layers.0.input_layernorm") }
    }

    @Test func quantizationConfigurationsThatAreNotKnownAreErrors() throws {
        func error(_ quantization: String) throws -> CompressionError? {
            let directory = try ScratchDirectory()
            var small = SmallCheckpoint.usual
            small.config = #"{"model_type": "gpt_neox", "quantization_config": "# + quantization + "}"
            let checkpoint = try small.write(to: directory.url)
            let error = #expect(throws: CompressionError.self) { try WeightStore(checkpoint) }
            guard case .invalidConfiguration(_, let key, let found, let expected)? = error else { return error }
            return .invalidConfiguration(checkpoint: "", key: key, found: found, expected: expected)
        }
        #expect(
            try error(#"{"quant_method": "magic"}"#)
                == .invalidConfiguration(
                    checkpoint: "", key: "quantization_config.quant_method", found: "\"magic\"",
                    expected:
                        "'compressed-tensors', 'gptq', 'awq', 'bitsandbytes', 'bitnet', 'fp8', 'modelopt', 'qid', 'mxfp4' or 'gguf'"
                ))
        #expect(
            try error(
                #"{"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {"g": {"weights": {"num_bits": 99}}}}"#
            )
                == .invalidConfiguration(
                    checkpoint: "", key: "quantization_config.config_groups.g.weights.num_bits", found: "99",
                    expected: "a whole number from 1 to 8"))
        #expect(
            try error("7")
                == .invalidConfiguration(
                    checkpoint: "", key: "quantization_config", found: "7", expected: "an object"))
    }

    @Test func schemesGoByNameThenExpressionThenClass() throws {
        let directory = try ScratchDirectory()
        let checkpoint = try SmallCheckpoint.usual.write(to: directory.url.appending(path: "source"))
        let output = directory.url.appending(path: "out")
        let spec = try Spec(method: .rtn, bits: 3, group: .size(8), symmetric: true)
        try compress(checkpoint, into: [CompressionTarget(spec, directory: output)], provenance: provenance)
        let config = output.appending(path: "config.json")
        let text = String(decoding: try Data(contentsOf: config), as: UTF8.self)
        let group = #""group_0": {"#
        let others = #""a": {"targets": ["Linear"], "weights": {"num_bits": 8}}, "group_0": {"#
        let narrowed = text.replacing(#"["Linear"],"#, with: #"["re:.*\\.mlp\\.dense"],"#).replacing(
            group, with: others)
        try Data(narrowed.utf8).write(to: config)
        let store = try WeightStore(Checkpoint(directory: output))
        #expect(try store.matrix("gpt_neox.layers.0.mlp.dense_h_to_4h").columns == 16)
    }

    /// Whatever stands in a compressed checkpoint's configuration and small tensors, opening it gives weights or an error.
    @Test func mutatedCheckpointsNeverTrap() throws {
        let directory = try ScratchDirectory()
        let checkpoint = try SmallCheckpoint.usual.write(to: directory.url.appending(path: "source"))
        let output = directory.url.appending(path: "out")
        let spec = try Spec(method: .rtn, bits: 5, group: .size(8), symmetric: false)
        try compress(checkpoint, into: [CompressionTarget(spec, directory: output)], provenance: provenance)
        let files = ["config.json", "model.safetensors"].map { output.appending(path: $0) }
        let originals = try files.map { Array(try Data(contentsOf: $0)) }
        let seed = UInt32.random(in: 0...UInt32.max)
        var generator = Congruential(seed: seed)
        var opened = 0
        for _ in 0..<150 {
            for (file, original) in zip(files, originals) {
                var bytes = original
                // Mostly the header and the description: flipped weights are only other weights.
                let reach = Bool.random(using: &generator) ? bytes.count : min(bytes.count, 1200)
                for _ in 0..<Int.random(in: 0...2, using: &generator) {
                    bytes[Int.random(in: 0..<reach, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
                try Data(bytes).write(to: file)
            }
            guard let damaged = try? Checkpoint(directory: output), let store = try? WeightStore(damaged) else {
                continue
            }
            _ = store.bitsPerWeight(of: store.checkpoint.linearModules)
            for module in ["gpt_neox.layers.0.mlp.dense_h_to_4h", "gpt_neox.layers.0.mlp.dense_4h_to_h"] {
                guard let weight = try? store.matrix(module) else { continue }
                #expect(weight.decoded.count == weight.rows * weight.columns, "seed \(seed)")
                opened += 1
            }
        }
        #expect(opened > 0, "seed \(seed)")
    }
}
