import Compression
import FoundationEssentials
import JSON
import Kernels
import TestSupport
import Testing

/// What every family of methods does with weights, sizes and inputs that are not as they should be.
struct BadInputTests {
    static let data = [
        #""method": "rtn", "bits": 4"#, #""method": "rtn", "bits": 3, "symmetric": false, "scale_search": true"#,
        #""method": "rtn", "format": "nf4""#, #""method": "rtn", "format": "fp4", "scale_search": true"#,
        #""method": "rtn", "format": "fp8-e4m3""#, #""method": "rtn", "format": "fp8-e5m2""#,
        #""method": "rtn", "format": "mxfp4""#, #""method": "rtn", "format": "mxint8""#,
        #""method": "rtn", "format": "nvfp4""#, #""method": "rtn", "format": "mxfp6""#,
        #""method": "rtn", "format": "mxfp8", "scale_search": true"#, #""method": "rtn", "format": "fp8-block""#,
        #""method": "hqq", "bits": 4"#, #""method": "hqq", "bits": 2, "group": 16"#,
        #""method": "rtn", "format": "ternary""#, #""method": "rtn", "format": "binary""#,
        #""method": "codebook", "levels": 12"#, #""method": "codebook", "bits": 2, "vector": 2"#,
        #""method": "codebook", "bits": 3, "shared_table": true"#,
        #""method": "codebook", "bits": 4, "powers_of_two": true"#,
        #""method": "magnitude", "sparse": 0.5"#, #""method": "magnitude", "sparse": "2:4", "bits": 4"#,
        #""method": "low-rank", "rank": 0.5"#, #""method": "qsd", "rank": 0.9, "bits": 4, "sparse": 0.5"#,
        #""method": "dilation", "bits": 4"#, #""method": "smoothquant", "bits": 8"#, #""method": "aweq", "bits": 8"#,
        #""method": "awq", "bits": 3"#,
    ]
    static let hessians = [
        #""method": "gptq", "bits": 3"#, #""method": "gptq", "bits": 4, "group": 16, "symmetric": false"#,
        #""method": "gptq", "bits": 3, "group": 16, "act_order": true"#,
        #""method": "gptq", "bits": 3, "group": 16, "order": "static""#,
        #""method": "gptq", "bits": 3, "group": 16, "symmetric": false, "order": "gar""#,
        #""method": "gptaq", "bits": 3, "group": 16"#, #""method": "wanda", "sparse": 0.5"#,
        #""method": "wanda", "sparse": "2:4", "bits": 4"#, #""method": "sparsegpt", "sparse": 0.5"#,
        #""method": "sparsegpt", "sparse": "2:4", "bits": 4, "group": 16"#,
    ]

    private static let (rows, columns) = (24, 64)

    private func spec(_ members: String) throws -> Spec {
        try Spec(json: #require(try JSONValue(parsing: "{\(members)}").object))
    }

    private func layer(_ values: [Float]) -> LinearLayer {
        LinearLayer(name: "x", weight: DenseMatrix(Matrix(values, columns: Self.columns)), scaleType: .float16)
    }

    private func weights() -> [Float] { randomWeights(rows: Self.rows, columns: Self.columns, seed: 77) }

    private func hessian(_ inputs: Matrix) -> Hessian {
        let hessian = Hessian(columns: Self.columns)
        hessian.add(inputs.view, windows: 1)
        return hessian
    }

    /// So many tokens, each input times a factor of its own.
    private func inputs(_ tokens: Int, factor: (Int) -> Float = { _ in 1 }) -> Matrix {
        var random = Congruential(seed: 5)
        let values = (0..<tokens * Self.columns).map { random.centred() * factor($0 % Self.columns) }
        return Matrix(values, columns: Self.columns)
    }

    private func compress(_ spec: Spec, _ values: [Float], _ hessian: Hessian?) throws(CompressionError) -> [Float] {
        var layer = layer(values)
        layer.inputNorms = hessian.map(inputNorms)
        return try spec.compressor.compress(layer, specs: [spec], hessian: hessian)[0].matrix.decoded
    }

    // MARK: Weights

    @Test(arguments: data + hessians) func weightsThatAreNotFiniteAreNamed(_ line: String) throws {
        let spec = try spec(line)
        for bad in [Float.nan, .infinity, -.infinity] {
            var values = weights()
            values[Self.columns + 9] = bad
            #expect(throws: CompressionError.notFinite(tensor: "x", row: 1, column: 9), "\(bad)") {
                try compress(spec, values, hessian(inputs(80)))
            }
        }
    }

    @Test(arguments: data + hessians) func weightsOfZerosStayZero(_ line: String) throws {
        let zeros = [Float](repeating: 0, count: Self.rows * Self.columns)
        #expect(try compress(spec(line), zeros, hessian(inputs(80))).allSatisfy { $0 == 0 })
    }

    // MARK: Sizes

    @Test(arguments: [
        (#""method": "rtn", "bits": 4, "group": 24"#, "24"),
        (#""method": "rtn", "format": "nf4", "group": 128"#, "128"),
        (#""method": "rtn", "format": "fp8-e4m3", "group": 24"#, "24"),
        (#""method": "rtn", "format": "fp8-e5m2", "group": 24"#, "24"),
        (#""method": "rtn", "format": "mxfp4""#, "32"), (#""method": "rtn", "format": "mxint8""#, "32"),
        (#""method": "rtn", "format": "mxfp6""#, "32"), (#""method": "rtn", "format": "mxfp8""#, "32"),
        (#""method": "rtn", "format": "nvfp4""#, "16"), (#""method": "hqq", "bits": 4, "group": 24"#, "24"),
        (#""method": "rtn", "format": "ternary", "group": 24"#, "24"),
        (#""method": "rtn", "format": "binary", "group": 24"#, "24"),
        (#""method": "codebook", "levels": 4, "group": 24"#, "24"),
        (#""method": "codebook", "bits": 2, "vector": 3"#, "3"),
        (#""method": "gptq", "bits": 4, "group": 24"#, "24"), (#""method": "awq", "bits": 4, "group": 24"#, "24"),
        (#""method": "dilation", "bits": 4, "group": 24"#, "24"),
        (#""method": "magnitude", "sparse": 0.5, "bits": 4, "group": 24"#, "24"),
        (#""method": "magnitude", "sparse": "2:4""#, "4"), (#""method": "wanda", "sparse": "4:8""#, "8"),
        (#""method": "sparsegpt", "sparse": 0.5, "bits": 4, "group": 24"#, "24"),
        (#""method": "low-rank", "rank": 4000"#, "4000"), (#""method": "qsd", "rank": 4000, "bits": 4"#, "4000"),
    ])
    func sizesThatDoNotDivideAreRefusedBeforeAnythingIsWritten(_ line: String, _ size: String) throws {
        let directory = try ScratchDirectory()
        var small = SmallCheckpoint.usual
        // 50 is a multiple of no group, block, vector or pattern.
        small.tensors[0] = (small.tensors[0].name, [16, 50], randomWeights(rows: 16, columns: 50, seed: 1))
        let checkpoint = try small.write(to: directory.url.appending(path: "source"))
        let output = directory.url.appending(path: "out")
        let target = CompressionTarget(try spec(line), directory: output)
        let error = #expect(throws: CompressionError.self) { _ = try CompressionRun(checkpoint, [target]) }
        switch error {
        case .groupDoesNotDivide(let tensor, _, let group, let allowed):
            #expect(tensor.contains("mlp.dense") && "\(group)" == size && !allowed.contains(group))
        case .patternDoesNotDivide(let tensor, _, let length):
            #expect(tensor.contains("mlp.dense") && "\(length)" == size)
        case .rankTooHigh(let tensor, let rank, let full):
            #expect(tensor.contains("mlp.dense") && "\(rank)" == size && full == 16)
        case .unsupported(_, let reason): #expect(reason.contains("mlp.dense") && reason.contains(size))
        default: Issue.record("\(String(describing: error))")
        }
        #expect(!FileManager.default.fileExists(atPath: output.path(percentEncoded: false)))
    }

    // MARK: Hessians

    /// Σ‖(W − Ŵ)x‖² over the tokens.
    private func outputError(_ values: [Float], _ decoded: [Float], _ inputs: Matrix) -> Double {
        var sum = 0.0
        for token in 0..<inputs.rows {
            let input = inputs.view.row(token)
            for row in 0..<Self.rows {
                let error = (0..<Self.columns).reduce(0.0) {
                    $0 + Double(values[row * Self.columns + $1] - decoded[row * Self.columns + $1]) * Double(input[$1])
                }
                sum += error * error
            }
        }
        return sum
    }

    /// Fewer tokens than inputs, inputs that are the same, and inputs of sizes that differ by 10¹²: damping makes each
    /// Hessian one that can be factored, and the result is as good as rounding each weight by itself, or better.
    @Test(arguments: hessians) func singularAndIllConditionedHessiansAreDamped(_ line: String) throws {
        let (spec, values) = (try spec(line), weights())
        let twins = inputs(80)
        for token in 0..<80 {
            for column in 0..<32 { twins.view.row(token)[column + 32] = twins.view.row(token)[column] }
        }
        for inputs in [inputs(3), twins, inputs(80) { $0 == 7 ? 1e6 : $0 == 40 ? 1e-6 : 1 }] {
            let decoded = try compress(spec, values, hessian(inputs))
            #expect(decoded.allSatisfy { $0.isFinite && abs($0) < 4 })
            let sparse = spec.options.sparsity.map { #", "sparse": \#($0.json.canonicalText)"# }
            let plain =
                sparse.map { #""method": "magnitude"\#($0)"# }
                ?? #""method": "rtn", "bits": \#(Int(spec.nominalBits)), "group": 16, "symmetric": \#(spec.symmetric)"#
            let reference = try compress(self.spec(plain), values, nil)
            let factor = spec.method == .wanda ? 1.5 : 1.05
            #expect(outputError(values, decoded, inputs) < factor * outputError(values, reference, inputs), "\(line)")
        }
    }

    /// Inputs that were always 0 say nothing about their weights: GPTQ and SparseGPT set them to 0 as their references do,
    /// Wanda takes them first.
    @Test(arguments: hessians) func weightsOfDeadInputsBecomeZero(_ line: String) throws {
        let spec = try spec(line)
        let decoded = try compress(spec, weights(), hessian(inputs(80) { $0.isMultiple(of: 4) ? 0 : 1 }))
        for row in 0..<Self.rows {
            for column in stride(from: 0, to: Self.columns, by: 4) {
                #expect(decoded[row * Self.columns + column] == 0)
            }
        }
        #expect(decoded.contains { $0 != 0 })
    }

    @Test(arguments: hessians) func noTokensAtAllAreNoReasonToFail(_ line: String) throws {
        #expect(try compress(spec(line), weights(), Hessian(columns: Self.columns)).allSatisfy(\.isFinite))
    }
}
