import Kernels
import Mathematics

/// The upper triangular U with UᵀU = (H + damping)⁻¹: what GPTQ pushes errors along.
///
/// With J the reversal of order, J(H + damping)J = LLᵀ gives U = J·L⁻¹·J: one Cholesky factorization and one triangular
/// inverse in Double instead of the reference's factorization, inverse and second factorization in float32.
struct InverseFactor {
    let columns: Int
    /// Row after row, zero below the diagonal.
    let upper: Matrix
    /// Columns that no input ever reached; their weights mean nothing.
    let dead: [Bool]

    /// Factors the Hessian in the order of columns given.
    ///
    /// A column whose diagonal is 0 is dead and gets 1 there; then `damping` times the mean of the diagonal is added to it.
    /// Nil with the column at which a Hessian turns out not to be positive definite.
    static func make(
        _ hessian: Hessian, order: [Int], damping: Double, tensor: String
    ) throws(CompressionError) -> InverseFactor {
        let count = hessian.columns
        let diagonal = hessian.diagonal
        let dead = diagonal.map { $0 == 0 }
        let shift = damping * zip(diagonal, dead).reduce(0) { $0 + ($1.1 ? 1 : $1.0) } / Double(max(1, count))
        let work = BlockedCholesky(count: count) { row, values in
            let source = order[count - 1 - row]
            for column in 0...row { values[column] = hessian[source, order[count - 1 - column]] }
            values[row] += shift + (dead[source] ? 1 : 0)
        }
        if let row = work.factorize() { throw .singularHessian(tensor: tensor, column: order[count - 1 - row]) }
        work.invert()
        let upper = Matrix(rows: count, columns: count)
        for row in 0..<count {
            work.readRow(count - 1 - row) { values in
                upper.withRow(row) { target in
                    for column in row..<count { target[column] = Float(values[count - 1 - column]) }
                }
            }
        }
        return InverseFactor(columns: count, upper: upper, dead: dead)
    }
}
