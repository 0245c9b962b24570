package import Kernels
import RealModule
package import Vectors

/// Norms and activations, which read each value once and write it once.
package enum ElementwiseBenchmark {
    static func measure(_ workload: Workload, _ harness: Harness) throws(BenchmarkError) -> [Measurement] {
        let shape = workload.elementwise
        let x = Synthetic.matrix(rows: shape.outputs, columns: shape.inputs, seed: 5)
        let out = Matrix(rows: shape.outputs, columns: shape.inputs)
        var results: [Measurement] = []
        for step in Step.all {
            let work = Work(
                group: "elementwise", name: step.name, limit: .bandwidth, amount: .whole(Double(8 * shape.count)),
                prepare: { step.prepare(x, out) }, run: { _ in step.run(x, out) },
                check: { () throws(BenchmarkError) in try step.check(x: x, out: out) })
            results += try harness.measure([work]).measurements
        }
        return results
    }

    /// One norm or activation.
    package enum Step: Sendable {
        case layerNorm
        case rmsNorm
        case activation(Activation)

        package static let all: [Step] = [
            .layerNorm, .rmsNorm, .activation(.gelu), .activation(.geluTanh), .activation(.silu),
        ]

        private static let epsilon: Float = 1e-5

        package var name: String {
            switch self {
            case .layerNorm: "layer norm"
            case .rmsNorm: "RMS norm"
            case .activation(let activation): "\(activation)"
            }
        }

        /// Activations work in place, so they get a copy.
        package func prepare(_ x: Matrix, _ out: Matrix) {
            if case .activation = self { out.view.copy(from: x.view) }
        }

        /// Writes what the step makes of `x` to `out`; an activation works on what `prepare` left there.
        package func run(_ x: Matrix, _ out: Matrix) {
            switch self {
            case .layerNorm:
                Kernels.layerNorm(x.view, weight: nil, bias: nil, epsilon: Self.epsilon, into: out.view)
            case .rmsNorm: Kernels.rmsNorm(x.view, weight: nil, epsilon: Self.epsilon, into: out.view)
            case .activation(let activation): apply(activation, to: out.view)
            }
        }

        /// Compares some rows with the formulas in Double.
        package func check(x: Matrix, out: Matrix) throws(BenchmarkError) {
            for index in stride(from: 0, to: x.rows, by: 199) {
                let row = (0..<x.columns).map { Double(x.view.row(index)[$0]) }
                for (column, expected) in plain(row).enumerated() {
                    let tolerance = 1e-6 * max(1, expected.magnitude)
                    try Check.close(out.view.row(index)[column], expected, tolerance: tolerance, name)
                }
            }
        }

        private func plain(_ row: [Double]) -> [Double] {
            let (count, epsilon) = (Double(row.count), Double(Self.epsilon))
            switch self {
            case .layerNorm:
                let mean = row.reduce(0, +) / count
                let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
                return row.map { ($0 - mean) / (variance + epsilon).squareRoot() }
            case .rmsNorm:
                let square = row.reduce(0) { $0 + $1 * $1 } / count
                return row.map { $0 / (square + epsilon).squareRoot() }
            case .activation(.gelu): return row.map(PlainDecoder.gelu)
            case .activation(.geluTanh):
                return row.map {
                    $0 / 2 * (1 + Double.tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
                }
            case .activation(.silu): return row.map { $0 / (1 + Double.exp(-$0)) }
            case .activation(.relu): return row.map { max($0, 0) }
            case .activation(.reluSquared): return row.map { max($0, 0) * max($0, 0) }
            }
        }
    }
}
