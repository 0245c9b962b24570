import Kernels

/// A full weight that is made ternary when it is read, as BitNet's models are in training and "online" mode:
/// clamp(round(w·s), −1, 1)/s with s = 1/max(mean|W|, 1e-5), rounding half to even (arXiv 2402.17764, equations 1–3).
struct TernaryMatrix: WeightMatrix {
    private let full: any WeightMatrix
    private let scale: Float

    var rows: Int { full.rows }
    var columns: Int { full.columns }

    init(_ full: any WeightMatrix) {
        self.full = full
        let sums = Parallel.map(full.rows) { row in
            full.values(row: row).reduce(0.0) { $0 + Double(abs($1)) }
        }
        let mean = sums.reduce(0, +) / Double(max(1, full.rows * full.columns))
        scale = 1 / max(Float(mean), 1e-5)
    }

    func decode(row: Int, columns: Range<Int>, into destination: inout MutableSpan<Float>) {
        full.decode(row: row, columns: columns, into: &destination)
        for index in 0..<columns.count {
            destination[index] = min(max((destination[index] * scale).rounded(.toNearestOrEven), -1), 1) / scale
        }
    }
}
