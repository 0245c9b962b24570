import Compression
import JSON
import Kernels
import Testing

struct SparsityTests {
    private static func layer(_ golden: SparseGolden) -> LinearLayer {
        let values = randomWeights(rows: golden.rows, columns: golden.columns, seed: 21)
        return LinearLayer(
            name: "layers.0.x", weight: DenseMatrix(Matrix(values, columns: golden.columns)), scaleType: .float16)
    }

    /// A layer that has seen the inputs of a Hessian.
    private static func layer(_ layer: LinearLayer, _ hessian: Hessian) -> LinearLayer {
        var layer = layer
        layer.inputNorms = inputNorms(hessian)
        return layer
    }

    private static func hessian(columns: Int, tokens: Int) -> Hessian {
        GPTQTests.hessian(GPTQTests.inputs(columns: columns, tokens: tokens))
    }

    /// Values and number of kept weights by an independent implementation in NumPy (float64) of wanda's and SparseGPT's
    /// published code; scales are rounded to float16 where they are found.
    @Test(arguments: sparseGoldens) func valuesEqualTheReference(_ golden: SparseGolden) throws {
        // Float16 weights, so that values which are not quantized are stored in 16 bits.
        let stored = StoredHalves(Self.layer(golden).weight.decoded, columns: golden.columns)
        let layer = LinearLayer(name: "layers.0.x", weight: stored.matrix, scaleType: .float16)
        let spec = try golden.spec()
        // The reference's last bits are those of fused multiply-adds.
        let hessian = PanelForm.$current.withValue(.floats) {
            Self.hessian(columns: golden.columns, tokens: golden.tokens)
        }
        let result = try spec.compressor.compress(Self.layer(layer, hessian), specs: [spec], hessian: hessian)[0]
        let decoded = result.matrix.decoded
        #expect(fingerprint([decoded.withUnsafeBytes { Array($0) }]) == golden.fingerprint)
        let mask = result.tensors[0]
        #expect(mask.layout.suffix == "weight_mask")
        #expect(mask.storage.bytes[..<mask.layout.byteCount].reduce(0) { $0 + $1.nonzeroBitCount } == golden.kept)
        #expect(try spec.compressor.layout(layer, spec) == result.tensors.map(\.layout))
    }

    @Test(arguments: ["magnitude", "wanda", "sparsegpt"])
    func patternsAreValidWhateverTheWeights(_ method: String) throws {
        let (rows, columns) = (37, 256)
        var values = randomWeights(rows: rows, columns: columns, seed: 3)
        // A row of zeros, one of equal weights, and dead inputs.
        for column in 0..<columns { (values[column], values[columns + column]) = (0, 0.25) }
        let layer = LinearLayer(
            name: "x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: .float16)
        let inputs = GPTQTests.inputs(columns: columns, tokens: 300)
        for token in 0..<300 { for column in 8..<16 { inputs.base[token * columns + column] = 0 } }
        let hessian = GPTQTests.hessian(inputs)
        for (kept, length) in [(2, 4), (4, 8), (1, 2), (5, 64)] {
            for bits in ["", #", "bits": 4, "group": 32"#] {
                let text = #"{"method": "\#(method)", "sparse": "\#(kept):\#(length)"\#(bits)}"#
                let spec = try Spec(json: #require(try JSONValue(parsing: text).object))
                let result = try spec.compressor.compress(
                    Self.layer(layer, hessian), specs: [spec], hessian: hessian)[0]
                let mask = Array(result.tensors[0].storage.bytes[..<(rows * columns / 8)])
                for first in stride(from: 0, to: rows * columns, by: length) {
                    let count = (first..<first + length).count { mask[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
                    #expect(count == kept)
                }
                let decoded = result.matrix.decoded
                for index in decoded.indices where mask[index / 8] >> UInt8(index % 8) & 1 == 0 {
                    #expect(decoded[index] == 0)
                }
                #expect(decoded.allSatisfy { $0.isFinite })
            }
        }
    }

    @Test(arguments: ["magnitude", "wanda", "sparsegpt"])
    func resultsDoNotDependOnThreadsOrCompany(_ method: String) throws {
        let hessian = Self.hessian(columns: 160, tokens: 200)
        let layer = LinearLayer(
            name: "x", weight: DenseMatrix(Matrix(randomWeights(rows: 100, columns: 160, seed: 5), columns: 160)),
            scaleType: .float16, inputNorms: inputNorms(hessian))
        let specs = try [#"0.5"#, #""2:4""#, #"0.25, "bits": 3, "group": 32, "symmetric": false"#].map { sparse in
            try Spec(
                json: #require(
                    try JSONValue(parsing: #"{"method": "\#(method)", "sparse": \#(sparse)}"#).object))
        }
        let compressor = specs[0].compressor
        let together = try compressor.compress(layer, specs: specs, hessian: hessian)
        for (spec, weight) in zip(specs, together) {
            let alone = try Parallel.$limit.withValue(1) {
                try compressor.compress(layer, specs: [spec], hessian: hessian)[0]
            }
            #expect(alone.matrix.decoded == weight.matrix.decoded)
        }
    }

    @Test func partsOfRowsAreThoseOfWholeRows() throws {
        let (rows, columns) = (5, 200)
        let values = randomWeights(rows: rows, columns: columns, seed: 9)
        let layer = LinearLayer(
            name: "x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: .float16)
        for extra in ["", #", "bits": 3, "group": 40"#, #", "bits": 5, "symmetric": false"#] {
            let text = #"{"method": "magnitude", "sparse": 0.6\#(extra)}"#
            let spec = try Spec(json: #require(try JSONValue(parsing: text).object))
            let matrix = try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0].matrix
            let whole = matrix.decoded
            var part = [Float](repeating: .nan, count: columns)
            for first in stride(from: 0, to: columns, by: 7) {
                for last in stride(from: first + 1, through: columns, by: 13) {
                    var span = part.mutableSpan
                    span.withPart(0..<last - first) { matrix.decode(row: 3, columns: first..<last, into: &$0) }
                    #expect(Array(part[..<(last - first)]) == Array(whole[3 * columns + first..<3 * columns + last]))
                }
            }
        }
    }

    @Test func methodsThatLookAtInputsNeedCalibration() throws {
        let layer = Self.layer(sparseGoldens[0])
        for method in [Method.wanda, .sparsegpt] {
            let spec = try Spec(method: method, format: .stored, options: .init(sparsity: .share(0.5)))
            #expect(throws: CompressionError.missingCalibration(method: method.name)) {
                try spec.compressor.compress(layer, specs: [spec], hessian: nil)
            }
        }
    }

    @Test func badWeightsAndSizesAreNamed() throws {
        var values = randomWeights(rows: 3, columns: 36, seed: 21)
        values[36 + 9] = .nan
        let broken = LinearLayer(
            name: "x", weight: DenseMatrix(Matrix(values, columns: 36)), scaleType: .float16)
        let hessian = Self.hessian(columns: 36, tokens: 40)
        for method in [Method.magnitude, .wanda, .sparsegpt] {
            let share = try Spec(method: method, format: .stored, options: .init(sparsity: .share(0.5)))
            #expect(throws: CompressionError.notFinite(tensor: "x", row: 1, column: 9)) {
                try share.compressor.compress(broken, specs: [share], hessian: hessian)
            }
            let pattern = try Spec(
                method: method, format: .stored, options: .init(sparsity: .pattern(kept: 4, of: 8)))
            #expect(throws: CompressionError.patternDoesNotDivide(tensor: "x", rowLength: 36, pattern: 8)) {
                try pattern.compressor.layout(broken, pattern)
            }
            let group = try Spec(
                method: method, format: .integer(bits: 4), group: .size(16),
                options: .init(sparsity: .share(0.5)))
            let error = CompressionError.groupDoesNotDivide(
                tensor: "x", rowLength: 36, group: 16, allowed: [9, 12, 18, 36])
            #expect(throws: error) { try group.compressor.layout(broken, group) }
        }
    }

    @Test func inputsThatAreNotFiniteAreErrors() throws {
        let layer = Self.layer(sparseGoldens[0])
        let inputs = GPTQTests.inputs(columns: 48, tokens: 60)
        inputs.base[7] = .nan
        let hessian = GPTQTests.hessian(inputs)
        let spec = try Spec(method: .sparsegpt, format: .stored, options: .init(sparsity: .share(0.5)))
        #expect(throws: CompressionError.singularHessian(tensor: "layers.0.x", column: 47)) {
            try spec.compressor.compress(layer, specs: [spec], hessian: hessian)
        }
    }
}

/// Values kept as float16 bytes.
private struct StoredHalves {
    let matrix: DenseMatrix

    init(_ values: [Float], columns: Int) {
        let owner = HalfBytes(values)
        matrix = DenseMatrix(
            bytes: UnsafeRawPointer(owner.base), type: .float16, rows: values.count / columns, columns: columns,
            owner: owner)
    }
}

/// `@unchecked Sendable` because the bytes are only read once they are there.
private final class HalfBytes: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float16>

    init(_ values: [Float]) {
        base = .allocate(capacity: values.count)
        for (index, value) in values.enumerated() { base[index] = Float16(value) }
    }

    deinit { base.deallocate() }
}
