import Benchmark
import Compression
import Kernels
import System
import Testing

/// Every check must accept the right answer and see a wrong one.
struct ReferenceCheckTests {
    private func matrix(_ rows: Int, _ columns: Int) -> Matrix {
        Matrix(rows: rows, columns: columns, (0..<rows * columns).map { Float($0 % 17) / 17 - 0.4 })
    }

    private func isWrong(_ body: () throws(BenchmarkError) -> Void) -> Bool {
        do throws(BenchmarkError) { try body() } catch {
            if case .wrongAnswer = error { return true }
        }
        return false
    }

    @Test func product() throws {
        let (x, weight, out) = (matrix(42, 30), matrix(20, 30), Matrix(rows: 42, columns: 20))
        multiply(x.view, DenseMatrix(weight), into: out.view)
        try ProductBenchmark.check(x: x, weight: weight, out: out, "product")
        out.base[41 * 20 + 19] += 1e-3
        #expect(isWrong { () throws(BenchmarkError) in try ProductBenchmark.check(x: x, weight: weight, out: out, "") })
        out.base[41 * 20 + 19] = .nan
        #expect(isWrong { () throws(BenchmarkError) in try ProductBenchmark.check(x: x, weight: weight, out: out, "") })
    }

    @Test func attention() throws {
        let size = Workload.Attention(windows: 2, context: 9, heads: 2, headSize: 8)
        let (fused, out) = (matrix(18, 48), Matrix(rows: 18, columns: 16))
        AttentionBenchmark.run(fused, size, into: out)
        try AttentionBenchmark.check(fused: fused, size, out: out, "attention")
        out.base[17 * 16 + 15] += 1e-4
        #expect(isWrong { () throws(BenchmarkError) in try AttentionBenchmark.check(fused: fused, size, out: out, "") })
    }

    @Test func rotary() throws {
        let size = Workload.Attention(windows: 2, context: 9, heads: 2, headSize: 8)
        let (x, out) = (matrix(18, 16), matrix(18, 16))
        RotaryBenchmark.run(out, size, RotaryBenchmark.table(size))
        try RotaryBenchmark.check(x: x, size, out: out)
        out.base[17 * 16 + 3] += 1e-4
        #expect(isWrong { () throws(BenchmarkError) in try RotaryBenchmark.check(x: x, size, out: out) })
    }

    @Test func head() throws {
        let (hidden, weight) = (matrix(9, 24), HeadBenchmark.weight(.init(tokens: 9, width: 24, vocabulary: 300)))
        var scores = HeadBenchmark.run(hidden, weight)[0]
        try HeadBenchmark.check(hidden: hidden, weight, scores)
        scores.negativeLogLikelihood[8] += 1e-3
        #expect(isWrong { () throws(BenchmarkError) in try HeadBenchmark.check(hidden: hidden, weight, scores) })
    }

    @Test(arguments: ElementwiseBenchmark.Step.all) func elementwise(step: ElementwiseBenchmark.Step) throws {
        let (x, out) = (matrix(3, 40), Matrix(rows: 3, columns: 40))
        step.prepare(x, out)
        step.run(x, out)
        try step.check(x: x, out: out)
        out.base[39] += 1e-4
        #expect(isWrong { () throws(BenchmarkError) in try step.check(x: x, out: out) })
    }

    @Test(arguments: [2, 3, 4, 8]) func rounding(bits: Int) throws {
        let layer = RoundingBenchmark.layer(.init(outputs: 62, inputs: 64))
        let other = RoundingBenchmark.layer(.init(outputs: 62, inputs: 64))
        let weights = try RoundingBenchmark.compressed(layer, bits: [bits], group: 32)
        for weight in weights {
            try RoundingBenchmark.check(other.weight, weight.matrix, bits: bits, group: 32)
            let wrong = OneStepOff(matrix: weight.matrix)
            #expect(
                isWrong { () throws(BenchmarkError) in
                    try RoundingBenchmark.check(other.weight, wrong, bits: bits, group: 32)
                })
        }
    }

    @Test func modelAgreesWithThePlainDecoder() throws {
        let directory = try TemporaryDirectory("qid-tests")
        let model = try SyntheticModel(.tiny, specs: [], in: directory.location)
        try ModelBenchmark.checkAgainstReference(model)
        // Told of another number of heads, the reference is another model's.
        let other = ModelShape(name: "other", layers: 2, width: 64, heads: 4, vocabulary: 300)
        #expect(
            isWrong { () throws(BenchmarkError) in
                try ModelBenchmark.checkAgainstReference(
                    SyntheticModel(shape: other, baseline: model.baseline, variants: []))
            })
    }
}

/// A matrix whose last element of the last row is not what it should be.
private struct OneStepOff: WeightMatrix {
    let matrix: any WeightMatrix
    var rows: Int { matrix.rows }
    var columns: Int { matrix.columns }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        matrix.decode(row: row, columns: range, into: &destination)
        if row == 61 && range.upperBound == columns { destination[range.count - 1] += 1e-3 }
    }
}
