package import Kernels
import RealModule

/// Causal attention with queries, keys and values interleaved head by head, as GPT-NeoX has them.
package enum AttentionBenchmark {
    static func measure(_ workload: Workload, _ harness: Harness) throws(BenchmarkError) -> [Measurement] {
        let size = workload.attention
        let fused = Synthetic.matrix(rows: size.rows, columns: 3 * size.width, seed: 4)
        let out = Matrix(rows: size.rows, columns: size.width)
        let name = "\(size.windows) windows of \(size.context), \(size.heads) heads of \(size.headSize)"
        // Each query meets the keys up to its own: a product of two vectors, and a sum of vectors.
        let pairs = size.windows * size.heads * size.context * (size.context + 1) / 2
        let work = Work(
            group: "attention", name: name, limit: .products, amount: .whole(Double(4 * pairs * size.headSize)),
            run: { _ in run(fused, size, into: out) },
            check: { () throws(BenchmarkError) in try check(fused: fused, size, out: out, name) })
        return try harness.measure([work]).measurements
    }

    /// The attention that is measured.
    package static func run(_ fused: Matrix, _ size: Workload.Attention, into out: Matrix) {
        attention(
            queries: heads(fused, size, part: 0), keys: heads(fused, size, part: 1),
            values: heads(fused, size, part: 2), windowLength: size.context, scale: scale(size), into: out.view)
    }

    private static func scale(_ size: Workload.Attention) -> Float { 1 / Float(size.headSize).squareRoot() }

    private static func heads(_ fused: Matrix, _ size: Workload.Attention, part: Int) -> HeadLayout {
        HeadLayout(
            base: fused.view, firstColumn: part * size.headSize, headStride: 3 * size.headSize, count: size.heads,
            size: size.headSize)
    }

    /// Compares some rows with softmax(scale·q·kᵀ)·v in Double, formed as it is written.
    package static func check(
        fused: Matrix, _ size: Workload.Attention, out: Matrix, _ name: String
    ) throws(BenchmarkError) {
        for row in stride(from: size.rows - 1, through: 0, by: -97) {
            for head in 0..<size.heads {
                let expected = plain(fused, size, row: row, head: head)
                let found = out.view.row(row) + head * size.headSize
                for (index, value) in expected.enumerated() {
                    try Check.close(found[index], value, tolerance: 4e-6, name)
                }
            }
        }
    }

    private static func plain(_ fused: Matrix, _ size: Workload.Attention, row: Int, head: Int) -> [Double] {
        let first = row / size.context * size.context
        let (query, keys) = (heads(fused, size, part: 0).row(row, head: head), heads(fused, size, part: 1))
        let scores = (first...row).map { other in
            let key = keys.row(other, head: head)
            return (0..<size.headSize).reduce(0.0) { $0 + Double(query[$1]) * Double(key[$1]) } * Double(scale(size))
        }
        let greatest = scores.max() ?? 0
        let weights = scores.map { Double.exp($0 - greatest) }
        let total = weights.reduce(0, +)
        let values = heads(fused, size, part: 2)
        return (0..<size.headSize).map { column in
            weights.enumerated().reduce(0.0) {
                $0 + $1.element * Double(values.row(first + $1.offset, head: head)[column])
            }
                / total
        }
    }
}
