package import Kernels

/// H = 2/n · XᵀX of a layer's inputs X, tokens × inputs, over n windows: how much a rounding error of one weight can be
/// made up by others.
///
/// The factor is the reference's; it matters only where inputs are dead, whose diagonal becomes 1. Products of up to
/// 2048 tokens are summed in float32, the rest in Double. Only the lower triangle is kept.
///
/// `@unchecked Sendable` because one thread counts its windows, before others read it.
package final class Hessian: @unchecked Sendable {
    /// The number of inputs.
    package let columns: Int
    /// The windows added.
    package private(set) var windows = 0
    /// The tokens added.
    package private(set) var tokens = 0
    /// XᵀX row after row, the lower triangle.
    private let values: RowTable<Double>

    package init(columns: Int) {
        self.columns = columns
        values = RowTable(rows: columns, columns: columns, repeating: 0)
    }

    /// The Hessian of inputs that say nothing of each other, all equally large: whoever makes up errors by it makes up none.
    package static func identity(columns: Int) -> Hessian {
        let hessian = Hessian(columns: columns)
        for index in 0..<columns { hessian.values.withRow(index) { $0[index] = 0.5 } }
        hessian.windows = 1
        return hessian
    }

    /// One element, H[row, column] = 2/n · Σ x[row]·x[column]; zero before any window is added.
    package subscript(row: Int, column: Int) -> Double {
        2 / Double(max(1, windows)) * values.readRow(max(row, column)) { $0[min(row, column)] }
    }

    /// The diagonal of H.
    var diagonal: [Double] { (0..<columns).map { self[$0, $0] } }

    /// Adds the inputs that a layer saw in some windows, tokens × columns.
    package func add(_ x: MatrixView, windows count: Int) {
        precondition(x.columns == columns)
        for start in stride(from: 0, to: x.rows, by: Self.tokensPerProduct) {
            addProduct(of: x.rows(start..<min(x.rows, start + Self.tokensPerProduct)))
        }
        windows += count
        tokens += x.rows
    }

    /// Bounds the length of float32 sums, and the memory of a transposed copy.
    private static let tokensPerProduct = 2048
    private static let rowsPerProduct = 256

    private func addProduct(of x: MatrixView) {
        let transposed = Matrix(rows: columns, columns: x.rows)
        transpose(x, into: transposed.view)
        for start in stride(from: 0, to: columns, by: Self.rowsPerProduct) {
            let rows = start..<min(columns, start + Self.rowsPerProduct)
            // The lower triangle ends at the last of these rows.
            let left = DenseMatrix(transposed, rows: rows.upperBound)
            let product = Matrix(rows: rows.count, columns: rows.upperBound)
            multiply(transposed.view.rows(rows), left, bias: nil, into: product.view)
            Parallel.forEach((rows.count + 31) / 32) { [values] task in
                for row in start + 32 * task..<min(rows.upperBound, start + 32 * (task + 1)) {
                    product.readRow(row - start) { term in
                        values.withRow(row, columns: 0..<row + 1) { sum in
                            for column in 0..<sum.count { sum[column] += Double(term[column]) }
                        }
                    }
                }
            }
        }
    }
}
