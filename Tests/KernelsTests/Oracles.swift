import Kernels
import TestSupport

extension Matrix {
    /// A matrix of uniform values between −bound and bound.
    static func random(_ rows: Int, _ columns: Int, seed: UInt64, bound: Float = 1) -> Matrix {
        var random = SeededGenerator(seed: seed)
        return Matrix(
            rows: rows, columns: columns, (0..<rows * columns).map { _ in .random(in: -bound...bound, using: &random) })
    }

    subscript(row: Int, column: Int) -> Float { view.row(row)[column] }
}

extension Matrix {
    /// Whether two matrices, or the given rows of this one and all of the other, hold the same bits.
    func isIdentical(to other: Matrix, rows: Range<Int>? = nil) -> Bool {
        let rows = rows ?? 0..<self.rows
        return rows.count == other.rows && columns == other.columns
            && (0..<other.rows * columns).allSatisfy {
                base[rows.lowerBound * columns + $0].bitPattern == other.base[$0].bitPattern
            }
    }

    /// The given rows and columns as a matrix of their own.
    func part(rows: Range<Int>, columns: Range<Int>? = nil) -> Matrix {
        let columns = columns ?? 0..<self.columns
        return Matrix(
            rows: rows.count, columns: columns.count, rows.flatMap { row in columns.map { self[row, $0] } })
    }
}

/// The distance between a value and its reference in units of the reference's last place (of the smallest subnormal at least).
func ulps(_ value: Float, _ reference: Double) -> Double {
    if Float(reference).isInfinite || reference.isNaN { return value == Float(reference) ? 0 : .infinity }
    let ulp = max(Double(Float(reference).ulp), Double(Float.leastNonzeroMagnitude))
    return abs(Double(value) - reference) / ulp
}
