import Compression
import Kernels

/// The second moments of a linear layer's inputs, for squared errors of its outputs: Σ‖Δw·x‖² = Σ Δw·M·Δwᵀ.
struct SecondMoments {
    private let matrix: DenseMatrix

    init(_ hessian: Hessian) {
        let columns = hessian.columns
        let values = Matrix(rows: columns, columns: columns)
        for row in 0..<columns {
            values.withRow(row) { target in for column in 0..<columns { target[column] = Float(hessian[row, column]) } }
        }
        matrix = DenseMatrix(values)
    }

    /// Σ over rows d of d·M·dᵀ.
    func energy(_ rows: Matrix) -> Double {
        let product = Matrix(rows: rows.rows, columns: rows.columns)
        multiply(rows.view, matrix, bias: nil, into: product.view)
        return (0..<rows.rows).reduce(0.0) { sum, row in
            let (left, right) = (rows.view.row(row), product.view.row(row))
            return (0..<rows.columns).reduce(sum) { $0 + Double(left[$1]) * Double(right[$1]) }
        }
    }
}

/// A − B, row after row.
func difference(_ a: any WeightMatrix, _ b: any WeightMatrix) -> Matrix {
    let result = Matrix(rows: a.rows, columns: a.columns)
    Parallel.forEach(a.rows) { row in
        let term = b.values(row: row)
        result.withRow(row) { target in
            a.decode(row: row, columns: 0..<a.columns, into: &target)
            for column in term.indices { target[column] -= term[column] }
        }
    }
    return result
}
