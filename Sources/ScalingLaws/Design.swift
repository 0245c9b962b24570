import RealModule

/// A measurement that could be made, and what it costs in any unit.
package struct Candidate: Sendable, Equatable {
    package var conditions: Conditions
    package var cost: Double

    package init(_ conditions: Conditions, cost: Double) {
        self.conditions = conditions
        self.cost = cost
    }
}

/// A measurement worth making, in the order of what each gains for its cost.
package struct DesignStep: Sendable, Equatable {
    package var candidate: Candidate
    /// The cost of this and all before it.
    package var spent: Double
    /// The standard error of the wanted prediction, as a share of it, before and after.
    package var errorBefore: Double
    package var errorAfter: Double
}

extension Fit {
    /// What to measure next: the candidates, one after the other, that lower the variance of the wanted predictions
    /// most for their cost, until the budget is spent (greedy I-optimal design on the fitted law).
    ///
    /// Each adds x·xᵀ/s² to the information JᵀJ/s², x the derivatives of its residual and s² the fit's residual
    /// variance; the law is taken for true and its curvature at the estimate. Residuals are taken to be independent, so
    /// several cells of one checkpoint bring somewhat less than said. A candidate is used once.
    /// - Throws: `noAnswer` if the fit says nothing about its errors; `unknownLevel`, `missingCondition`.
    package func measureNext(
        _ candidates: [Candidate], for wanted: [Conditions], budget: Double
    ) throws(ScalingLawsError) -> [DesignStep] {
        guard let influence, !wanted.isEmpty else { throw .noAnswer("the fit has too few points to tell its errors") }
        let targets = try rows(wanted, influence).map(\.relative)
        let offered = try rows(candidates.map(\.conditions), influence).map(\.residual)
        guard var inverse = Self.regularizedInverse(influence.normal) else {
            throw .noAnswer("the fit has too few points to tell its errors")
        }
        var steps: [DesignStep] = []
        var left = Array(candidates.indices)
        var spent = 0.0
        while true {
            let before = Self.error(targets, inverse, influence.variance)
            let affordable = left.filter { spent + candidates[$0].cost <= budget }
            let gains = affordable.map { Self.gain(offered[$0], targets, inverse) / max(candidates[$0].cost, 1e-300) }
            guard let best = gains.indices.max(by: { gains[$0] < gains[$1] }), gains[best] > 0 else { return steps }
            let chosen = affordable[best]
            left.removeAll { $0 == chosen }
            spent += candidates[chosen].cost
            Self.add(offered[chosen], to: &inverse)
            steps.append(
                DesignStep(
                    candidate: candidates[chosen], spent: spent, errorBefore: before,
                    errorAfter: Self.error(targets, inverse, influence.variance)))
        }
    }

    /// For each of the conditions the derivatives by the coordinates of ln f, and of the residual measured there.
    private func rows(
        _ conditions: [Conditions], _ influence: Influence
    ) throws(ScalingLawsError) -> [(relative: [Double], residual: [Double])] {
        let curve = try Curve(law, names: parameters.map(\.name))
        let values = try curve.values(at: conditions, parameters: parameters.map(\.value))
        let slopes = try curve.derivatives(at: conditions, parameters: parameters.map(\.value))
        return zip(values, slopes).map { value, slope in
            let gradient = influence.byCoordinate(slope)
            let scale = objective.isLogarithmic ? logarithmicNoise(at: value, influence) : noise(at: value)
            return (gradient.map { $0 / abs(value) }, gradient.map { $0 / scale })
        }
    }

    /// What a residual would be divided by: for a weighted linear fit the usual relative error of QiD, else 1.
    private func noise(at value: Double) -> Double {
        guard isWeighted else { return 1 }
        let shares = residuals.compactMap { row in row.point.qidStderr.map { $0 / max(abs(row.predicted), 1e-300) } }
        return max(Interval.percentile(shares.sorted(), 0.5) * abs(value), 1e-300)
    }

    /// |f|·√(1 + (σ/(f·s))²): a residual in logarithms scatters by s, and where QiD is small by its own error σ as well,
    /// which is taken to be that of the used point whose QiD is nearest.
    private func logarithmicNoise(at value: Double, _ influence: Influence) -> Double {
        let measured = residuals.compactMap { row in
            row.point.qidStderr.map { (distance: abs(.log(abs(row.predicted)) - .log(abs(value))), error: $0) }
        }
        let nearest = measured.min { $0.distance < $1.distance }
        guard law.quantity == .qid, influence.variance > 0, let nearest else { return abs(value) }
        let share = nearest.error / abs(value)
        return abs(value) * (1 + share * share / influence.variance).squareRoot()
    }

    /// (M + 10⁻⁹·diag M)⁻¹: directions that the data leave free get a large variance instead of none.
    private static func regularizedInverse(_ normal: [Double]) -> [Double]? {
        let size = Int(Double(normal.count).squareRoot())
        var matrix = normal
        let largest = (0..<size).map { normal[$0 * size + $0] }.max() ?? 0
        guard largest > 0 else { return nil }
        for index in 0..<size {
            matrix[index * size + index] += 1e-9 * max(matrix[index * size + index], 1e-6 * largest)
        }
        return Cholesky(matrix, size: size)?.inverse()
    }

    private static func product(_ matrix: [Double], _ x: [Double]) -> [Double] {
        x.indices.map { row in x.indices.reduce(0) { $0 + matrix[row * x.count + $1] * x[$1] } }
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    /// By how much one more row lowers the summed variance of the targets.
    private static func gain(_ row: [Double], _ targets: [[Double]], _ inverse: [Double]) -> Double {
        let solved = product(inverse, row)
        let own = 1 + dot(row, solved)
        return targets.reduce(0) { $0 + dot($1, solved) * dot($1, solved) / own }
    }

    /// Sherman and Morrison's update of the inverse for one more row.
    private static func add(_ row: [Double], to inverse: inout [Double]) {
        let solved = product(inverse, row)
        let own = 1 + dot(row, solved)
        for a in row.indices { for b in row.indices { inverse[a * row.count + b] -= solved[a] * solved[b] / own } }
    }

    private static func error(_ targets: [[Double]], _ inverse: [Double], _ variance: Double) -> Double {
        let sum = targets.reduce(0) { $0 + dot($1, product(inverse, $1)) }
        return (max(sum, 0) / Double(targets.count) * variance).squareRoot()
    }
}
