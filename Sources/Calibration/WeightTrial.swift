import Compression
import Kernels
import LanguageModel

/// Σ‖(W − Ŵ)x‖² of a weight's rows, some at a time, by the second moments of x.
struct WeightTrial {
    private let weight: any WeightMatrix
    private let moments: Matrix
    /// Rows from all over the weight at every beginning, some that are neighbours together.
    private let order: [Int]

    private static let unit = 8

    var units: Int { order.count }

    init(_ weight: any WeightMatrix, _ hessian: Hessian) {
        self.weight = weight
        moments = Matrix(rows: hessian.columns, columns: hessian.columns)
        let moments = moments
        Parallel.forEach(hessian.columns) { row in
            moments.withRow(row) { target in
                for column in target.indices { target[column] = Float(hessian[row, column]) }
            }
        }
        order = CandidateRace.spread((weight.rows + Self.unit - 1) / Self.unit)
    }

    /// The error of each unit.
    func errors(_ units: Range<Int>, of rounded: any WeightMatrix) -> [Double] {
        let rows = units.map { order[$0] * Self.unit..<min(weight.rows, (order[$0] + 1) * Self.unit) }
        let differences = difference(rows.flatMap { $0 }, rounded)
        let product = Matrix(rows: differences.rows, columns: differences.columns)
        multiply(differences.view, DenseMatrix(moments), bias: nil, into: product.view)
        var first = 0
        return rows.map { range in
            defer { first += range.count }
            return (first..<first + range.count).reduce(0.0) { sum, row in
                differences.readRow(row) { left in
                    product.readRow(row) { right in
                        left.indices.reduce(sum) { $0 + Double(left[$1]) * Double(right[$1]) }
                    }
                }
            }
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
