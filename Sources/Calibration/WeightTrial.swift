import Compression
import Kernels
import LanguageModel

/// Σ‖(W − Ŵ)x‖² of a weight's rows, some at a time, by the second moments of x.
struct WeightTrial {
    private let weight: any WeightMatrix
    private let moments: PrepackedWeight
    /// Rows from all over the weight at every beginning.
    private let order: [Int]

    var units: Int { order.count }

    init(_ weight: any WeightMatrix, _ hessian: Hessian) {
        self.weight = weight
        let moments = Matrix(rows: hessian.columns, columns: hessian.columns)
        Parallel.forEach(hessian.columns) { row in
            moments.withRow(row) { target in
                for column in target.indices { target[column] = Float(hessian[row, column]) }
            }
        }
        self.moments = PrepackedWeight(DenseMatrix(moments), bias: nil)
        order = CandidateRace.spread(weight.rows)
    }

    /// The error of each row.
    func errors(_ units: Range<Int>, of rounded: any WeightMatrix) -> [Double] {
        let differences = difference(units.map { order[$0] }, rounded)
        let product = Matrix(rows: differences.rows, columns: differences.columns)
        let (left, right) = (differences.view, product.view)
        forEachRowBlock(left.rows) { [moments] rows in moments.multiply(left.rows(rows), into: right.rows(rows)) }
        return Parallel.map(left.rows) { row in
            let (left, right) = (left.row(row), right.row(row))
            return (0..<differences.columns).reduce(0.0) { $0 + Double(left[$1]) * Double(right[$1]) }
        }
    }

    /// Rows of W − Ŵ.
    private func difference(_ rows: [Int], _ rounded: any WeightMatrix) -> Matrix {
        let result = Matrix(rows: rows.count, columns: weight.columns)
        Parallel.forEach(rows.count) { index in
            let term = rounded.values(row: rows[index])
            result.withRow(index) { target in
                weight.decode(row: rows[index], columns: 0..<weight.columns, into: &target)
                for column in term.indices { target[column] -= term[column] }
            }
        }
        return result
    }
}
