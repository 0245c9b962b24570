package import Compression
import Kernels

/// Every method that compresses a weight by itself, beside what bounds it: bytes of the weight read and of the result
/// written, or the operations that it cannot do without.
package enum MethodBenchmark {
    static func measure(_ workload: Workload, _ harness: Harness) throws(BenchmarkError) -> [Measurement] {
        var results: [Measurement] = []
        for method in try MeasuredMethod.all() {
            let shape = method.bound == .bytes ? workload.rounding : workload.searched
            let subject = Subject(shape, calibrated: method.spec.needsCalibration)
            results += try harness.measure([try work(method, subject)]).measurements
        }
        return results
    }

    private static func work(_ method: MeasuredMethod, _ subject: Subject) throws(BenchmarkError) -> Work {
        let (rows, columns) = (subject.layer.weight.rows, subject.layer.weight.columns)
        let name = "\(method.spec.name), \(rows) × \(columns)"
        let written = try subject.compressed(method.spec).bitCount / 8
        let (limit, amount): (Measurement.Limit, Double) =
            switch method.bound {
            case .bytes: (.bandwidth, Double(2 * rows * columns + written))
            case .operations(let count): (.arithmetic, count(Double(rows), Double(columns)))
            }
        return Work(
            group: "method", name: name, limit: limit, amount: .whole(amount),
            run: { (_) throws(BenchmarkError) in _ = try subject.compressed(method.spec) },
            check: { () throws(BenchmarkError) in
                try method.check.run(subject, try subject.compressed(method.spec).matrix, method.spec, name)
            })
    }

    /// A synthetic layer, and what it was given where a method asks for it.
    package struct Subject {
        package let layer: LinearLayer
        let hessian: Hessian?

        package init(_ shape: Workload.Shape, calibrated: Bool) {
            var layer = RoundingBenchmark.layer(shape)
            guard calibrated else {
                (self.layer, hessian) = (layer, nil)
                return
            }
            let inputs = Synthetic.matrix(rows: 2 * shape.inputs, columns: shape.inputs, seed: 8)
            let hessian = Hessian(columns: shape.inputs)
            hessian.add(inputs.view, windows: 1)
            layer.inputNorms = (0..<shape.inputs).map { Float(hessian[$0, $0].squareRoot()) }
            (self.layer, self.hessian) = (layer, hessian)
        }

        package func compressed(_ spec: Spec) throws(BenchmarkError) -> CompressedWeight {
            do throws(CompressionError) {
                return try spec.compressor.compress(layer, specs: [spec], hessian: hessian)[0]
            } catch { throw .compression(error) }
        }
    }
}
