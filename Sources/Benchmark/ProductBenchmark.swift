import Compression
package import Kernels

/// The matrix product on the shapes of a model's layers, with weights of float32 and of 4-bit codes.
package enum ProductBenchmark {
    static func measure(_ workload: Workload, _ stand: Stand) throws(BenchmarkError) -> [Measurement] {
        var results: [Measurement] = []
        let tokens = workload.product.tokens
        for shape in workload.product.shapes {
            let x = Synthetic.matrix(rows: tokens, columns: shape.inputs, seed: 2)
            let out = Matrix(rows: tokens, columns: shape.outputs)
            let plain = DenseMatrix(Synthetic.matrix(rows: shape.outputs, columns: shape.inputs, seed: 3))
            for (form, weight) in [("", plain as any WeightMatrix), (", 4-bit codes", try codes(shape, workload))] {
                let name = "\(tokens) × \(shape.inputs) → \(shape.outputs)\(form)"
                for threads in Stand.threadCounts {
                    let cost = stand.cost(threads: threads) { multiply(x.view, weight, into: out.view) }
                    results.append(
                        Measurement(
                            group: "product", name: name, threads: threads, limit: .products,
                            work: Double(2 * tokens * shape.count), cost: cost))
                    try check(x: x, weight: decoded(weight), out: out, name)
                }
            }
        }
        return results
    }

    /// A weight rounded to 4 bits, in groups where they divide its rows.
    private static func codes(_ shape: Workload.Shape, _ workload: Workload) throws(BenchmarkError) -> any WeightMatrix
    {
        let group = shape.inputs % workload.roundingGroup == 0 ? workload.roundingGroup : shape.inputs
        return try RoundingBenchmark.compressed(RoundingBenchmark.layer(shape), bits: [4], group: group)[0].matrix
    }

    private static func decoded(_ weight: any WeightMatrix) -> Matrix {
        let result = Matrix(rows: weight.rows, columns: weight.columns)
        for row in 0..<weight.rows {
            weight.decode(row: row, columns: 0..<weight.columns, into: result.view.row(row))
        }
        return result
    }

    /// Compares some tokens' outputs, all of each, with plain sums in Double.
    ///
    /// Tolerance: 4·10⁻⁶ of the sum of magnitudes, some 70 roundings of float32.
    package static func check(
        x: Matrix, weight: Matrix, out: Matrix, _ name: String
    ) throws(BenchmarkError) {
        for token in stride(from: 0, to: x.rows, by: 41) {
            let input = x.view.row(token)
            for row in 0..<weight.rows {
                let values = weight.view.row(row)
                var (sum, magnitude) = (0.0, 0.0)
                for column in 0..<x.columns {
                    let term = Double(input[column]) * Double(values[column])
                    sum += term
                    magnitude += term.magnitude
                }
                try Check.close(out.view.row(token)[row], sum, tolerance: 4e-6 * magnitude, name)
            }
        }
    }
}
