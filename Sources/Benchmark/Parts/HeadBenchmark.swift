package import Kernels
import RealModule

/// The output head of a baseline: logits of the whole vocabulary, folded as they come.
package enum HeadBenchmark {
    static func measure(_ workload: Workload, _ harness: Harness) throws(BenchmarkError) -> [Measurement] {
        let size = workload.head
        let hidden = Synthetic.matrix(rows: size.tokens, columns: size.width, seed: 10)
        let weight = weight(size)
        var scores: [HeadScores] = []
        let work = Work(
            group: "head", name: "\(size.tokens) × \(size.width) → \(size.vocabulary), folded", limit: .products,
            amount: .whole(Double(2 * size.tokens * size.width * size.vocabulary)),
            run: { _ in scores = run(hidden, weight) },
            check: { () throws(BenchmarkError) in try check(hidden: hidden, weight, scores[0]) })
        return try harness.measure([work]).measurements
    }

    /// A synthetic float16 head.
    package static func weight(_ size: Workload.Head) -> DenseMatrix {
        let weights = WeightBytes(Synthetic.weights(size.vocabulary * size.width, deviation: 0.04, seed: 11))
        // The matrix keeps `weights`, of as many numbers as it has.
        return DenseMatrix(
            bytes: UnsafeRawPointer(weights.base), type: .float16, rows: size.vocabulary, columns: size.width,
            owner: weights)
    }

    /// The scoring that is measured.
    package static func run(_ hidden: Matrix, _ weight: DenseMatrix) -> [HeadScores] {
        var scores: [HeadScores] = []
        scoreHead(hidden: [hidden.view], heads: [weight], targets: targets(hidden.rows, weight), into: &scores)
        return scores
    }

    private static func targets(_ rows: Int, _ weight: DenseMatrix) -> [Int32] {
        (0..<rows).map { Int32(truncatingIfNeeded: $0 * 7919 % weight.rows) }
    }

    /// Compares some tokens' −log p with sums in Double.
    package static func check(
        hidden: Matrix, _ weight: DenseMatrix, _ scores: HeadScores
    ) throws(BenchmarkError) {
        let rows = Array(stride(from: hidden.rows - 1, through: 0, by: -173))
        var sums = [Double](repeating: 0, count: rows.count)
        var targetLogits = sums
        let targets = targets(hidden.rows, weight)
        for token in 0..<weight.rows {
            let values = weight.values(row: token)
            for (index, row) in rows.enumerated() {
                let input = hidden.view.row(row)
                var logit = 0.0
                for column in values.indices { logit += Double(input[column]) * Double(values[column]) }
                sums[index] += Double.exp(logit)
                if targets[row] == token { targetLogits[index] = logit }
            }
        }
        for (index, row) in rows.enumerated() {
            let expected = Double.log(sums[index]) - targetLogits[index]
            try Check.close(scores.negativeLogLikelihood[row], expected, tolerance: 1e-5, "head")
        }
    }
}
