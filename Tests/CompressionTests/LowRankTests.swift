import Checkpoint
import Compression
import FoundationEssentials
import JSON
import Kernels
import TestSupport
import Testing

struct LowRankTests {
    private static func layer(rows: Int, columns: Int) -> LinearLayer {
        let values = randomWeights(rows: rows, columns: columns, seed: 21)
        return LinearLayer(
            name: "x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: .float16)
    }

    private static func error(_ result: CompressedWeight, _ layer: LinearLayer) -> Double {
        zip(result.matrix.decoded, layer.weight.decoded).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    }

    private static func spec(_ text: String) throws -> Spec {
        try Spec(json: #require(try JSONValue(parsing: text).object))
    }

    /// ‖W − Wₖ‖² = Σ of the squared singular values beyond k, by numpy.linalg.svd in float64.
    @Test(arguments: lowRankGoldens) func errorsAreThoseOfTheSingularValueDecomposition(
        _ golden: (rows: Int, columns: Int, rank: Int, error: Double)
    ) throws {
        let layer = Self.layer(rows: golden.rows, columns: golden.columns)
        for method in ["low-rank", "qsd"] {
            let spec = try Self.spec(#"{"method": "\#(method)", "rank": \#(golden.rank)}"#)
            let result = try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0]
            let tolerance = 1e-5 * golden.error + 1e-9 * Double(golden.rows * golden.columns)
            #expect(abs(Self.error(result, layer) - golden.error) < tolerance, "\(method)")
            #expect(try spec.compressor.layout(layer, spec) == result.tensors.map(\.layout))
        }
    }

    @Test func panelsAreTheRowsOfTheProduct() throws {
        let layer = Self.layer(rows: 37, columns: 150)
        let spec = try Self.spec(#"{"method": "low-rank", "rank": 0.3}"#)
        let matrix = try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0].matrix
        let whole = matrix.decoded
        var panel = [Float](repeating: .nan, count: 16 * 130)
        var span = panel.mutableSpan
        matrix.pack(rows: 32..<37, columns: 11..<141, into: &span)
        for column in 0..<130 {
            for lane in 0..<16 {
                let expected = lane < 5 ? whole[(32 + lane) * 150 + 11 + column] : 0
                #expect(panel[16 * column + lane] == expected)
            }
        }
    }

    /// Each of more bits, more rank and less sparsity brings the product nearer; all stay above the bound of the rank.
    @Test func quantizedSparseFactorsGetNearer() throws {
        let layer = Self.layer(rows: 48, columns: 80)
        func error(_ rest: String) throws -> Double {
            let spec = try Self.spec(#"{"method": "qsd", \#(rest)}"#)
            return Self.error(try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0], layer)
        }
        let bound = try error(#""rank": 0.5"#)
        let eight = try error(#""rank": 0.5, "bits": 8"#)
        let four = try error(#""rank": 0.5, "bits": 4"#)
        let sparse = try error(#""rank": 0.5, "bits": 4, "sparse": 0.5"#)
        let three = try error(#""rank": 0.5, "bits": 3"#)
        #expect(bound < eight && eight < four && four < three && four < sparse)
        #expect(eight < 1.01 * bound)
        #expect(try error(#""rank": 0.9, "bits": 4"#) < four)
        #expect(try error(#""rank": 0.5, "sparse": 0.3"#) < error(#""rank": 0.5, "sparse": 0.6"#))
    }

    @Test(arguments: [
        #"{"method": "low-rank", "rank": 0.4}"#, #"{"method": "qsd", "rank": 7, "bits": 3, "sparse": 0.4}"#,
    ])
    func resultsDoNotDependOnThreads(_ text: String) throws {
        let layer = Self.layer(rows: 40, columns: 33)
        let spec = try Self.spec(text)
        let many = try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0].matrix.decoded
        let one = try Parallel.$limit.withValue(1) {
            try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0].matrix.decoded
        }
        #expect(one == many)
    }

    @Test func weightsWithTheSameInputsShareABasis() throws {
        let directory = try ScratchDirectory()
        var small = SmallCheckpoint()
        small.config = #"{"model_type": "llama", "torch_dtype": "float16"}"#
        let prefix = "model.layers.0.self_attn."
        small.tensors = [
            (prefix + "q_proj.weight", [24, 16], randomWeights(rows: 24, columns: 16, seed: 1)),
            (prefix + "k_proj.weight", [8, 16], randomWeights(rows: 8, columns: 16, seed: 2)),
            (prefix + "v_proj.weight", [8, 16], randomWeights(rows: 8, columns: 16, seed: 3)),
            (prefix + "o_proj.weight", [16, 24], randomWeights(rows: 16, columns: 24, seed: 4)),
        ]
        let checkpoint = try small.write(to: directory.url.appending(path: "source"))
        let output = directory.url.appending(path: "out")
        let spec = try Self.spec(#"{"method": "low-rank", "rank": 0.5}"#)
        var run = try CompressionRun(checkpoint, [CompressionTarget(spec, directory: output)])
        var expected: [String: [Float]] = [:]
        for layer in run.layers { expected[layer.name] = try run.compress(layer)[0].matrix.decoded }
        try run.finish(Provenance(source: "0", version: "1"))
        let result = try Checkpoint(directory: output)
        let keepers = result.tensors.keys.filter { $0.hasSuffix("weight_right_values") }.sorted()
        #expect(keepers == [prefix + "k_proj.weight_right_values", prefix + "o_proj.weight_right_values"])
        let store = try WeightStore(result)
        for (name, values) in expected {
            let stack = checkpoint.linearModules.first { $0.name == name }?.stack ?? []
            let decoded = try store.matrix(name, stack: stack).decoded
            #expect(decoded == values)
        }
        // Factors of 40 x 8, 8 x 16 and of 16 x 8, 8 x 24, of 16 bits each, for 1024 weights.
        #expect(
            store.bitsPerWeight(of: checkpoint.linearModules)
                == 16 * Double(40 * 8 + 8 * 16 + 16 * 8 + 8 * 24) / 1024)
    }

    @Test func nonsenseIsRefused() throws {
        let layer = Self.layer(rows: 8, columns: 20)
        let high = try Self.spec(#"{"method": "low-rank", "rank": 9}"#)
        #expect(throws: CompressionError.rankTooHigh(tensor: "x", rank: 9, full: 8)) {
            try high.compressor.layout(layer, high)
        }
        for text in [
            #"{"method": "low-rank"}"#, #"{"method": "low-rank", "rank": 0}"#, #"{"method": "low-rank", "rank": 1.5}"#,
            #"{"method": "low-rank", "rank": 0.5, "bits": 4}"#, #"{"method": "low-rank", "rank": 0.5, "sparse": 0.5}"#,
            #"{"method": "qsd", "bits": 4}"#, #"{"method": "qsd", "rank": 0.5, "bits": 4, "group": 16}"#,
            #"{"method": "qsd", "rank": 0.5, "bits": 4, "sparse": "2:4"}"#,
            #"{"method": "qsd", "rank": 0.5, "bits": 4, "symmetric": false}"#,
            #"{"method": "rtn", "bits": 4, "rank": 2}"#,
        ] {
            #expect(throws: CompressionError.self) { try Self.spec(text) }
        }
    }

    @Test func weightsThatAreNotFiniteAreNamed() throws {
        var values = randomWeights(rows: 3, columns: 36, seed: 21)
        values[36 + 9] = .infinity
        let layer = LinearLayer(name: "x", weight: DenseMatrix(Matrix(values, columns: 36)), scaleType: .float16)
        for text in [#"{"method": "low-rank", "rank": 2}"#, #"{"method": "qsd", "rank": 2, "bits": 4}"#] {
            let spec = try Self.spec(text)
            #expect(throws: CompressionError.notFinite(tensor: "x", row: 1, column: 9)) {
                try spec.compressor.compress(layer, specs: [spec], hessian: nil)
            }
        }
    }
}

/// Sizes, rank, and the squared error that is left.
private let lowRankGoldens: [(rows: Int, columns: Int, rank: Int, error: Double)] = [
    (20, 48, 5, 40.40913520278304),
    (48, 20, 5, 40.147830466264445),
    (64, 64, 16, 127.67337770392945),
    (64, 64, 64, 0.0),
    (130, 200, 40, 799.2150889383104),
    (1, 9, 1, 0.0),
]
