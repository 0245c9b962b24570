import Kernels
import Mathematics

/// The singular vectors of a weight, or of weights with the same inputs stacked output below output, by the
/// eigenvectors of W·Wᵀ or Wᵀ·W, whichever is smaller, in Double.
///
/// Singular values far below the largest (by 1e-8) are lost in the rounding of that product, as they are in a factor
/// of 16 bits.
struct Factorization {
    private let weight: Matrix
    private let eigen: SymmetricEigen

    /// The number of singular values, min(rows, columns).
    var fullRank: Int { min(weight.rows, weight.columns) }
    /// Falling.
    var singularValues: [Double] { eigen.values.map { max(0, $0).squareRoot() } }

    /// `tensor` is the weight's name, for the error that it is too large to be squared.
    init(_ weight: Matrix, tensor: String) throws(CompressionError) {
        self.weight = weight
        let rows = weight.rows <= weight.columns ? weight : weight.transposed
        guard let eigen = SymmetricEigen(rows.gram, count: rows.rows) else {
            throw .unsupported(spec: tensor, reason: "its singular values cannot be computed in double precision")
        }
        self.eigen = eigen
    }

    /// The best factors of a rank: left rows × rank with columns of length 1, right rank × columns with rows whose
    /// lengths are the singular values; their product is the nearest of that rank in squared error.
    func factors(rank: Int) -> (left: Matrix, right: Matrix) {
        let small = fullRank
        let basis = Matrix(rows: rank, columns: small)
        basis.withAll { basis in for index in 0..<rank * small { basis[index] = Float(eigen.vectors[index]) } }
        if weight.rows <= weight.columns {
            let right = Matrix(rows: rank, columns: weight.columns)
            multiply(basis.view, DenseMatrix(weight, transposed: true), into: right.view)
            return (basis.transposed, right)
        }
        let left = Matrix(rows: weight.rows, columns: rank)
        multiply(weight.view, DenseMatrix(basis), into: left.view)
        for (index, value) in singularValues.prefix(rank).enumerated() {
            let scale = Float(value)
            // A direction that the weight does not have contributes nothing, whatever its length.
            let inverse = scale > 0 ? 1 / scale : 0
            for row in 0..<left.rows { left.withRow(row) { $0[index] *= inverse } }
            basis.withRow(index) { row in for column in 0..<row.count { row[column] *= scale } }
        }
        return (left, basis)
    }
}

extension Matrix {
    var transposed: Matrix {
        let result = Matrix(rows: columns, columns: rows)
        transpose(view, into: result.view)
        return result
    }
}
