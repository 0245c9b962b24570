/// Eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations.
struct SymmetricEigen {
    let size: Int
    private(set) var values: [Double]
    /// Eigenvectors as columns, row major.
    private(set) var vectors: [Double]

    init(_ matrix: [Double], size: Int) {
        self.size = size
        var a = matrix
        vectors = (0..<size * size).map { $0 / size == $0 % size ? 1 : 0 }
        for _ in 0..<60 {
            var off = 0.0
            for row in 0..<size { for column in 0..<row { off += a[row * size + column] * a[row * size + column] } }
            let diagonal = (0..<size).reduce(0) { $0 + a[$1 * size + $1] * a[$1 * size + $1] }
            guard off > 1e-32 * diagonal else { break }
            for row in 0..<size { for column in 0..<row { Self.rotate(&a, &vectors, column, row, size) } }
        }
        values = (0..<size).map { a[$0 * size + $0] }
    }

    private static func rotate(_ a: inout [Double], _ vectors: inout [Double], _ p: Int, _ q: Int, _ size: Int) {
        let off = a[p * size + q]
        guard off != 0 else { return }
        let theta = (a[q * size + q] - a[p * size + p]) / (2 * off)
        let t = (theta >= 0 ? 1.0 : -1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        let s = t * c
        for k in 0..<size {
            let (kp, kq) = (a[k * size + p], a[k * size + q])
            a[k * size + p] = c * kp - s * kq
            a[k * size + q] = s * kp + c * kq
        }
        for k in 0..<size {
            let (pk, qk) = (a[p * size + k], a[q * size + k])
            a[p * size + k] = c * pk - s * qk
            a[q * size + k] = s * pk + c * qk
            let (vp, vq) = (vectors[k * size + p], vectors[k * size + q])
            vectors[k * size + p] = c * vp - s * vq
            vectors[k * size + q] = s * vp + c * vq
        }
    }

    /// Σ f(λ)vvᵀ.
    func applying(_ function: (Double) -> Double) -> [Double] {
        var result = [Double](repeating: 0, count: size * size)
        for k in 0..<size {
            let scale = function(values[k])
            for row in 0..<size {
                for column in 0..<size {
                    result[row * size + column] += scale * vectors[row * size + k] * vectors[column * size + k]
                }
            }
        }
        return result
    }
}
