package import Compression
package import Kernels

/// How the answer of a method is checked without a second implementation of it.
package enum MethodCheck: Sendable {
    /// Each weight became the nearest of the values that its group uses.
    case nearest
    /// Of each four weights, or of all, those that became zero are the smallest, and the others stayed.
    case pruned
    /// What was left out stands at right angles to what was kept, as behind the best factors: ‖W‖² = ‖Ŵ‖² + ‖W − Ŵ‖².
    case projected
    /// The squared error of outputs, or of weights where no inputs are known, is at most such a share of another spec's.
    case error(share: Double, of: Spec)

    package func run(
        _ subject: MethodBenchmark.Subject, _ result: any WeightMatrix, _ spec: Spec, _ name: String
    ) throws(BenchmarkError) {
        let weight = subject.layer.weight
        switch self {
        case .nearest: try checkNearest(weight, result, spec, name)
        case .pruned: try checkPruned(subject, result, spec, name)
        case .projected:
            let (all, kept, lost) = (square(weight.floats), square(result.floats), Self.error(weight, result, nil))
            try Check.close(kept + lost, all, tolerance: 2e-3 * all, name)
        case .error(let share, let other):
            let bound = share * Self.error(weight, try subject.compressed(other).matrix, subject.hessian)
            let error = Self.error(weight, result, subject.hessian)
            guard error <= bound else {
                throw .wrongAnswer(
                    measurement: name, found: "a squared error of \(error)", expected: "at most \(bound)")
            }
        }
    }

    private func checkNearest(
        _ weight: any WeightMatrix, _ result: any WeightMatrix, _ spec: Spec, _ name: String
    ) throws(BenchmarkError) {
        let length = if case .size(let size) = spec.group { size } else { weight.columns }
        for row in stride(from: 0, to: weight.rows, by: 61) {
            let (values, found) = (weight.values(row: row), result.values(row: row))
            for first in stride(from: 0, to: weight.columns, by: length) {
                let group = first..<first + length
                let used = Set(found[group])
                for column in group {
                    let distance = (values[column] - found[column]).magnitude
                    // Values are rounded to their stored type, which can move the middle between two of them.
                    let least = used.reduce(distance) { min($0, (values[column] - $1).magnitude) }
                    guard distance <= 1.02 * least + 1e-7 else {
                        throw .wrongAnswer(
                            measurement: "\(name), row \(row), column \(column)", found: "\(found[column])",
                            expected: "a value \(least) from \(values[column])")
                    }
                }
            }
        }
    }

    private func checkPruned(
        _ subject: MethodBenchmark.Subject, _ result: any WeightMatrix, _ spec: Spec, _ name: String
    ) throws(BenchmarkError) {
        let weight = subject.layer.weight
        let norms = spec.method == .wanda ? subject.layer.inputNorms : nil
        var (largestZero, leastKept) = (Float(0), Float.infinity)
        for row in 0..<weight.rows {
            let (values, found) = (weight.values(row: row), result.values(row: row))
            for column in values.indices {
                if case .pattern? = spec.options.sparsity, column.isMultiple(of: 4) {
                    (largestZero, leastKept) = (0, .infinity)
                }
                let score = values[column].magnitude * (norms?[column] ?? 1)
                if found[column] == 0 {
                    largestZero = max(largestZero, score)
                } else {
                    leastKept = min(leastKept, score)
                    try Check.equal(found[column], values[column], "\(name), row \(row), column \(column)")
                }
                guard largestZero <= leastKept else {
                    throw .wrongAnswer(
                        measurement: "\(name), row \(row), column \(column)", found: "\(leastKept) kept",
                        expected: "nothing kept below \(largestZero)")
                }
            }
        }
    }

    private func square(_ matrix: Matrix) -> Double {
        matrix.values.reduce(0) { $0 + Double($1) * Double($1) }
    }

    /// Σ over some rows of ΔHΔᵀ, H being 1 where there is none.
    private static func error(_ weight: any WeightMatrix, _ result: any WeightMatrix, _ hessian: Hessian?) -> Double {
        // Products with H are many: a few rows tell.
        stride(from: 0, to: weight.rows, by: hessian == nil ? 1 : 61).reduce(0) { sum, row in
            let difference = zip(weight.values(row: row), result.values(row: row)).map { Double($0) - Double($1) }
            guard let hessian else { return difference.reduce(sum) { $0 + $1 * $1 } }
            return difference.indices.reduce(sum) { sum, index in
                sum + difference[index] * difference.indices.reduce(0) { $0 + hessian[index, $1] * difference[$1] }
            }
        }
    }
}
