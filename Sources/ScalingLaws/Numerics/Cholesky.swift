/// The factor L of a symmetric positive definite matrix A = LLᵀ; small, dense, row major.
struct Cholesky {
    let size: Int
    private var factor: [Double]

    /// Nil if the matrix is not positive definite to working precision.
    init?(_ matrix: [Double], size: Int) {
        self.size = size
        factor = matrix
        for column in 0..<size {
            var pivot = matrix[column * size + column]
            let scale = pivot
            for k in 0..<column { pivot -= factor[column * size + k] * factor[column * size + k] }
            guard pivot > 1e-15 * scale, pivot.isFinite else { return nil }
            let root = pivot.squareRoot()
            factor[column * size + column] = root
            for row in column + 1..<max(size, column + 1) {
                var sum = matrix[row * size + column]
                for k in 0..<column { sum -= factor[row * size + k] * factor[column * size + k] }
                factor[row * size + column] = sum / root
            }
        }
    }

    /// x with A·x = b.
    func solve(_ b: [Double]) -> [Double] {
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
    func inverse() -> [Double] {
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
