package import Kernels

extension Method {
    /// GPTQ towards what the uncompressed model's inputs give.
    package static let gptaq = Method(
        "gptaq", title: "GPTAQ",
        summary:
            "is GPTQ that makes up for errors of the layers before as well: it knows the uncompressed model's inputs",
        source: "2504.02692", passage: .sequential(.hessianAndDrift), keys: [.actOrder, .order], scaleType: .float32,
        compressor: GPTQ(asymmetric: true))
}

/// GPTAQ's correction (2504.02692): how what weights multiply has moved, for columns still to come.
///
/// As Intelligent-Computing-Lab-Yale/GPTAQ does it: with X the inputs behind compressed layers, X̃ those of the uncompressed
/// model and UᵀU the damped inverse Hessian, P = α·triu(D·Uᵀ, 1)·U with D = 2/n·(X̃ − X)ᵀX, α = ¼ and the columns of D of
/// dead inputs 0. While a column w of a block is rounded to q, P's row times w is added to the rest of the block; when the
/// block is done, P's rows times q are added to the columns behind, as in that code.
enum Drift {
    static let strength: Float = 0.25

    /// P of a layer's inputs in the order of columns given, all in float32 as there.
    static func correction(_ moments: CrossMoments, order: [Int], _ factor: InverseFactor) -> Matrix {
        let count = factor.columns
        let drift = Matrix(rows: count, columns: count)
        for row in 0..<count {
            drift.withRow(row) { target in
                for column in 0..<count where !factor.dead[order[column]] {
                    target[column] = Float(moments[order[row], order[column]])
                }
            }
        }
        let turned = Matrix(rows: count, columns: count)
        multiply(drift.view, DenseMatrix(factor.upper), bias: nil, into: turned.view)
        for row in 0..<count {
            turned.withRow(row) { values in
                for column in 0..<count { values[column] = column > row ? strength * values[column] : 0 }
            }
        }
        multiply(turned.view, DenseMatrix(factor.upper, transposed: true), bias: nil, into: drift.view)
        return drift
    }
}

/// 2/n · (X̃ − X)ᵀX of a layer's inputs X behind compressed layers and X̃ in the uncompressed model, over n windows.
///
/// Products of up to 2048 tokens are summed in float32, the rest in Double.
///
/// `@unchecked Sendable` because one thread adds to it, before others read it.
package final class CrossMoments: @unchecked Sendable {
    package let columns: Int
    private var windows = 0
    private let values: RowTable<Double>

    package init(columns: Int) {
        self.columns = columns
        values = RowTable(rows: columns, columns: columns, repeating: 0)
    }

    subscript(row: Int, column: Int) -> Double {
        2 / Double(max(1, windows)) * values.readRow(row) { $0[column] }
    }

    /// Whether all sums are finite.
    package var isFinite: Bool {
        values.readAll { all in all.indices.allSatisfy { all[$0].isFinite } }
    }

    /// Adds what a layer saw in some windows, tokens × columns, and what it would have seen in the uncompressed model.
    package func add(_ x: MatrixView, uncompressed: MatrixView, windows count: Int) {
        precondition(x.columns == columns && uncompressed.columns == columns && x.rows == uncompressed.rows)
        for start in stride(from: 0, to: x.rows, by: 2048) {
            let part = start..<min(x.rows, start + 2048)
            addProduct(of: x.rows(part), uncompressed.rows(part))
        }
        windows += count
    }

    private func addProduct(of x: MatrixView, _ uncompressed: MatrixView) {
        let difference = Matrix(rows: x.rows, columns: columns)
        difference.view.copy(from: uncompressed)
        difference.view.add(x, times: -1)
        let (left, right) = (Matrix(rows: columns, columns: x.rows), Matrix(rows: columns, columns: x.rows))
        transpose(difference.view, into: left.view)
        transpose(x, into: right.view)
        let product = Matrix(rows: columns, columns: columns)
        multiply(left.view, DenseMatrix(right), bias: nil, into: product.view)
        Parallel.forEach((columns + 31) / 32) { [values] task in
            for row in 32 * task..<min(values.rows, 32 * (task + 1)) {
                product.readRow(row) { term in
                    values.withRow(row) { sum in for column in 0..<sum.count { sum[column] += Double(term[column]) } }
                }
            }
        }
    }
}
