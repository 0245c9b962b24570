import Kernels
import Mathematics
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
    /// How far its 95 % interval reaches, so many standard errors as there are degrees of freedom for.
    package var reachBefore: Double
    package var reachAfter: Double
}

extension Fit {
    /// What to measure next: the candidates, one after the other, that shorten the 95 % intervals of the wanted
    /// predictions most for their cost, until the budget is spent (greedy I-optimal design on the fitted law).
    ///
    /// Each adds x·xᵀ/s² to the information JᵀJ/s², x the derivatives of its residual and s² the fit's residual
    /// variance; the law is taken for true and its curvature at the estimate. Of the candidates that lower the variance
    /// most for their cost the one that shortens intervals most is taken: those widen where few checkpoints decide
    /// (`DesignReach`). A candidate is used once.
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
        var reach = DesignReach(influence, targets: targets)
        let clusters = clusters(of: candidates, influence, &reach)
        var steps: [DesignStep] = []
        var left = Array(candidates.indices)
        var spent = 0.0
        var squared = reach.meanSquare(inverse)
        while true {
            let before = Self.error(targets, inverse, influence.variance)
            let affordable = left.filter { spent + candidates[$0].cost <= budget }
            let gains = affordable.map { Self.gain(offered[$0], targets, inverse) / max(candidates[$0].cost, 1e-300) }
            let leading = gains.indices.filter { gains[$0] > 0 }.sorted { (gains[$1], $0) < (gains[$0], $1) }
                .prefix(Self.mostCompared).map { affordable[$0] }
            let squares = Parallel.map(leading.count) { [reach, inverse] place in
                reach.with(offered[leading[place]], cluster: clusters[leading[place]]).meanSquare(
                    Self.added(offered[leading[place]], to: inverse))
            }
            func worth(_ place: Int) -> Double {
                let less = squared - squares[place]
                return less > 0 ? less / max(candidates[leading[place]].cost, 1e-300) : less
            }
            guard let best = leading.indices.max(by: { worth($0) < worth($1) }) else { return steps }
            let chosen = leading[best]
            left.removeAll { $0 == chosen }
            spent += candidates[chosen].cost
            inverse = Self.added(offered[chosen], to: inverse)
            reach = reach.with(offered[chosen], cluster: clusters[chosen])
            steps.append(
                DesignStep(
                    candidate: candidates[chosen], spent: spent, errorBefore: before,
                    errorAfter: Self.error(targets, inverse, influence.variance),
                    reachBefore: squared.squareRoot(), reachAfter: squares[best].squareRoot()))
            squared = squares[best]
        }
    }

    /// So many of the candidates that lower the variance most are compared by the intervals they leave.
    private static let mostCompared = 16

    /// The cluster of each candidate: that of the points with the same size, and tokens where checkpoints are not
    /// resampled by run, else one of its own.
    private func clusters(of candidates: [Candidate], _ influence: Influence, _ reach: inout DesignReach) -> [Int] {
        let isByRun = clusterUnit == .runs && hasRunsOfSeveralCheckpoints
        func key(_ place: Conditions) -> [Double] { [place.params] + (isByRun ? [] : [place.tokens]) }
        var numbers: [[Double]: Int] = [:]
        for (residual, cluster) in zip(residuals, influence.cluster) {
            numbers[key(residual.point.conditions)] = cluster
        }
        return candidates.map { candidate in
            let key = key(candidate.conditions)
            let number = numbers[key] ?? reach.newCluster()
            numbers[key] = number
            return number
        }
    }

    /// Whether any cluster holds points of different tokens.
    private var hasRunsOfSeveralCheckpoints: Bool {
        var tokens: [Int: Set<Double>] = [:]
        for (residual, cluster) in zip(residuals, influence?.cluster ?? []) {
            tokens[cluster, default: []].insert(residual.point.conditions.tokens)
        }
        return tokens.values.contains { $0.count > 1 }
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
        let shares = residuals.compactMap { row in
            row.point.standardError(of: law.quantity).map { $0 / max(abs(row.predicted), 1e-300) }
        }
        return max(Interval.percentile(shares.sorted(), 0.5) * abs(value), 1e-300)
    }

    /// |f|·√(1 + (σ/(f·s))²): a residual in logarithms scatters by s, and where QiD is small by its own error σ as well,
    /// which is taken to be that of the used point whose QiD is nearest.
    private func logarithmicNoise(at value: Double, _ influence: Influence) -> Double {
        let measured = residuals.compactMap { row in
            row.point.standardError(of: law.quantity).map {
                (distance: abs(.log(abs(row.predicted)) - .log(abs(value))), error: $0)
            }
        }
        let nearest = measured.min { $0.distance < $1.distance }
        guard law.quantity.isDegradation, influence.variance > 0, let nearest else { return abs(value) }
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
    private static func added(_ row: [Double], to inverse: [Double]) -> [Double] {
        let solved = product(inverse, row)
        let own = 1 + dot(row, solved)
        return inverse.indices.map { inverse[$0] - solved[$0 / row.count] * solved[$0 % row.count] / own }
    }

    private static func error(_ targets: [[Double]], _ inverse: [Double], _ variance: Double) -> Double {
        let sum = targets.reduce(0) { $0 + dot($1, product(inverse, $1)) }
        return (max(sum, 0) / Double(targets.count) * variance).squareRoot()
    }
}
