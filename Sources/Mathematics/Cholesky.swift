/// The factor L of a symmetric positive definite matrix A = LLᵀ; small, dense, row major.
///
/// `BlockedCholesky` is for matrices of hundreds of rows and more.
package struct Cholesky {
    package let size: Int
    private var factor: [Double]

    /// Nil if the matrix is not positive definite to working precision.
    package init?(_ matrix: [Double], size: Int) {
        self.size = size
        factor = matrix
        var span = factor.mutableSpan
        let failed = factorize(&span, size: size, stride: size, firstColumn: 0, leastPivot: 1e-15)
        if failed != nil { return nil }
    }

    /// x with A·x = b.
    package func solve(_ b: [Double]) -> [Double] {
        var x = b
        for row in 0..<size {
            for k in 0..<row { x[row] -= factor[row * size + k] * x[k] }
            x[row] /= factor[row * size + row]
        }
        for row in (0..<size).reversed() {
            for k in row + 1..<max(size, row + 1) { x[row] -= factor[k * size + row] * x[k] }
            x[row] /= factor[row * size + row]
        }
        return x
    }

    /// A⁻¹, row major.
    package func inverse() -> [Double] {
        var result = [Double](repeating: 0, count: size * size)
        for column in 0..<size {
            var unit = [Double](repeating: 0, count: size)
            unit[column] = 1
            let x = solve(unit)
            for row in 0..<size { result[row * size + column] = x[row] }
        }
        return result
    }
}

/// Replaces the lower triangle of a matrix, whose rows lie `stride` apart and begin at `firstColumn`, by its factor L.
///
/// The first row whose pivot is not finite, or not above `leastPivot` times its diagonal, if there is one.
func factorize(
    _ values: inout MutableSpan<Double>, size: Int, stride: Int, firstColumn: Int, leastPivot: Double
) -> Int? {
    for row in 0..<size {
        let own = row * stride + firstColumn
        let diagonal = values[own + row]
        var pivot = diagonal
        for k in 0..<row { pivot -= values[own + k] * values[own + k] }
        guard pivot > leastPivot * diagonal, pivot.isFinite else { return row }
        let root = pivot.squareRoot()
        values[own + row] = root
        for below in row + 1..<max(size, row + 1) {
            let other = below * stride + firstColumn
            var sum = values[other + row]
            for k in 0..<row { sum -= values[other + k] * values[own + k] }
            values[other + row] = sum / root
        }
    }
    return nil
}
