import Compression
package import Kernels

/// The matrix product on the shapes of a model's layers, with weights of float32 and of 4-bit codes.
package enum ProductBenchmark {
    static func measure(
        _ workload: Workload, _ harness: Harness
    ) throws(BenchmarkError) -> (results: [Measurement], ratios: [Ratio]) {
        var (results, ratios): ([Measurement], [Ratio]) = ([], [])
        let library = try workload.blas.map { (path) throws(BenchmarkError) in try BLAS(library: path) }
        for shape in workload.product.shapes {
            let x = Synthetic.matrix(rows: workload.product.tokens, columns: shape.inputs, seed: 2)
            let plain = Synthetic.matrix(rows: shape.outputs, columns: shape.inputs, seed: 3)
            let codes = try codes(shape, workload)
            let name = "\(x.rows) × \(shape.inputs) → \(shape.outputs)"
            var works = [
                work(name, x, plain) { multiply(x.view, DenseMatrix(plain), into: $0) },
                work("\(name), 4-bit codes", x, codes.floats) { multiply(x.view, codes, into: $0) },
            ]
            if let library {
                works.append(
                    work("\(name), BLAS", x, plain, threadCounts: [1]) { library.multiply(x, plain, into: $0) })
            }
            let rounds = try harness.measure(works)
            results += rounds.measurements
            if library != nil {
                let last = rounds.series.count - 1
                ratios.append(rounds.cpuRatio("\(name): BLAS to qid, CPU seconds", of: last, to: 0))
            }
        }
        return (results, ratios)
    }

    /// One product x·wᵀ.
    ///
    /// `weight` is what is multiplied, decoded.
    private static func work(
        _ name: String, _ x: Matrix, _ weight: Matrix, threadCounts: [Int] = Work.threadCounts,
        multiply: @escaping (MatrixView) -> Void
    ) -> Work {
        let out = Matrix(rows: x.rows, columns: weight.rows)
        return Work(
            group: "product", name: name, limit: .products,
            amount: .whole(Double(2 * x.rows * weight.rows * weight.columns)), threadCounts: threadCounts,
            run: { _ in multiply(out.view) },
            check: { () throws(BenchmarkError) in try check(x: x, weight: weight, out: out, name) })
    }

    /// A weight rounded to 4 bits, in groups where they divide its rows.
    private static func codes(_ shape: Workload.Shape, _ workload: Workload) throws(BenchmarkError) -> any WeightMatrix
    {
        let group = shape.inputs % workload.roundingGroup == 0 ? workload.roundingGroup : shape.inputs
        return try RoundingBenchmark.compressed(RoundingBenchmark.layer(shape), bits: [4], group: group)[0].matrix
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
