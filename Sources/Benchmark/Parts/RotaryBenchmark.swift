package import Kernels
import RealModule

/// Rotary position embeddings of all heads, rotated whole, in place.
package enum RotaryBenchmark {
    private static let base = 10_000.0

    static func measure(_ workload: Workload, _ harness: Harness) throws(BenchmarkError) -> [Measurement] {
        let size = workload.attention
        let x = Synthetic.matrix(rows: size.rows, columns: size.width, seed: 9)
        let out = Matrix(rows: size.rows, columns: size.width)
        let table = table(size)
        let work = Work(
            group: "rotary", name: "\(size.windows) windows of \(size.context), \(size.heads) heads",
            limit: .bandwidth, amount: .whole(Double(8 * size.rows * size.width)),
            prepare: { out.view.copy(from: x.view) }, run: { _ in run(out, size, table) },
            check: { () throws(BenchmarkError) in try check(x: x, size, out: out) })
        return try harness.measure([work]).measurements
    }

    /// The angles of each position.
    package static func table(_ size: Workload.Attention) -> RotaryTable {
        RotaryTable(
            positions: size.context,
            frequencies: (0..<size.headSize / 2).map { Double.pow(base, -2 * Double($0) / Double(size.headSize)) })
    }

    /// The rotation that is measured.
    package static func run(_ x: Matrix, _ size: Workload.Attention, _ table: RotaryTable) {
        rotate(
            HeadLayout(base: x.view, headStride: size.headSize, count: size.heads, size: size.headSize), table: table,
            windowLength: size.context)
    }

    /// Compares some rows with turns of the plane in Double.
    package static func check(x: Matrix, _ size: Workload.Attention, out: Matrix) throws(BenchmarkError) {
        let half = size.headSize / 2
        for row in stride(from: size.rows - 1, through: 0, by: -97) {
            let position = Double(row % size.context)
            for column in 0..<size.width {
                let (head, lane) = (column / size.headSize * size.headSize, column % size.headSize)
                let angle = position * Double.pow(base, -2 * Double(lane % half) / Double(size.headSize))
                let a = Double(x.view.row(row)[head + lane % half])
                let b = Double(x.view.row(row)[head + half + lane % half])
                let expected =
                    lane < half
                    ? a * Double.cos(angle) - b * Double.sin(angle) : b * Double.cos(angle) + a * Double.sin(angle)
                try Check.close(out.view.row(row)[column], expected, tolerance: 1e-6, "rotary")
            }
        }
    }
}
