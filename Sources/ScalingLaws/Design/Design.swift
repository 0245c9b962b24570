import Kernels
import Mathematics
import RealModule

extension Fit {
    /// What to measure next: the candidates, one after the other, that shorten the 95 % intervals of the wanted
    /// predictions most for their cost, until the budget is spent (greedy I-optimal design on the fitted law).
    ///
    /// Each adds x·xᵀ/s² to the information JᵀJ/s², x the derivatives of its residual and s² the fit's residual
    /// variance; the law is taken for true and its curvature at the estimate, and what runs have of their own stays the
    /// same for all cells of one. Of the candidates that lower the variance most for their cost the one that shortens
    /// intervals most is taken: those widen where few checkpoints decide (`DesignReach`). A candidate is used once.
    /// - Throws: `noAnswer` if the fit says nothing about its errors; `unknownLevel`, `missingCondition`.
    package func measureNext(
        _ candidates: [Candidate], for wanted: [Conditions], budget: Double
    ) throws(ScalingLawsError) -> [DesignStep] {
        var design = try Design(self, for: wanted)
        let offers = try design.offers(candidates.map { [$0] }, to: self)
        var steps: [DesignStep] = []
        var left = Array(candidates.indices)
        var spent = 0.0
        while let best = design.best(of: left.filter { spent + offers[$0].cost <= budget }, in: offers) {
            left.removeAll { $0 == best.place }
            spent += offers[best.place].cost
            let after = best.design
            steps.append(
                DesignStep(
                    candidate: candidates[best.place], spent: spent, errorBefore: design.error,
                    errorAfter: after.error, reachBefore: design.reach, reachAfter: after.reach))
            design = after
        }
        return steps
    }

    /// How many of these groups of candidates it takes, each time that which shortens the 95 % intervals of the wanted
    /// predictions most for its cost, until these typically reach no further than `reach`; all that help where that is not
    /// enough.
    /// - Throws: As `measureNext`.
    package func measure(
        _ groups: [[Candidate]], for wanted: [Conditions], until reach: Double
    ) throws(ScalingLawsError) -> DesignNeed {
        var design = try Design(self, for: wanted)
        let offers = try design.offers(groups, to: self)
        var need = DesignNeed(
            chosen: [], cells: 0, cost: 0, reachBefore: design.reach, reachAfter: design.reach,
            isEnough: design.reach <= reach)
        var left = Array(groups.indices)
        while !need.isEnough, let best = design.best(of: left, in: offers), best.design.reach < design.reach {
            left.removeAll { $0 == best.place }
            design = best.design
            need.chosen.append(best.place)
            need.cells += groups[best.place].count
            need.cost += offers[best.place].cost
            need.reachAfter = design.reach
            need.isEnough = design.reach <= reach
        }
        return need
    }

    /// For each of the conditions the derivatives by the coordinates of ln f, and of the residual measured there, with
    /// what that moves by with ln(measured).
    fileprivate func rows(
        _ conditions: [Conditions], _ influence: Influence
    ) throws(ScalingLawsError) -> [(relative: [Double], residual: [Double], weight: Double)] {
        let curve = try Curve(law, names: parameters.map(\.name))
        let values = try curve.values(at: conditions, parameters: parameters.map(\.value))
        let slopes = try curve.derivatives(at: conditions, parameters: parameters.map(\.value))
        return zip(values, slopes).map { value, slope in
            let gradient = influence.byCoordinate(slope)
            let scale = objective.isLogarithmic ? logarithmicNoise(at: value, influence) : noise(at: value)
            return (gradient.map { $0 / abs(value) }, gradient.map { $0 / scale }, abs(value) / scale)
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

    /// The cluster of each candidate of a group, counted on from those that there are: that of its new run; else that of
    /// the points with the same size, and tokens where checkpoints are not resampled by run; else one of its own.
    fileprivate func clusters(of groups: [[Candidate]], _ influence: Influence) -> [[Int]] {
        let isByRun = clusterUnit == .runs && hasRunsOfSeveralCheckpoints
        func key(_ place: Conditions) -> [Double] { [place.params] + (isByRun ? [] : [place.tokens]) }
        var numbers: [[Double]: Int] = [:]
        for (residual, cluster) in zip(residuals, influence.cluster) {
            numbers[key(residual.point.conditions)] = cluster
        }
        var next = influence.clusterCount
        var runs: [Int: Int] = [:]
        func new() -> Int {
            next += 1
            return next - 1
        }
        return groups.map { group in
            group.map { candidate in
                let key = key(candidate.conditions)
                let number =
                    candidate.newRun.map { isByRun ? runs[$0] ?? new() : new() } ?? numbers[key] ?? new()
                if let run = candidate.newRun { runs[run] = number } else { numbers[key] = number }
                return number
            }
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
}

/// What is measured, as far as wanted predictions are concerned.
private struct Design {
    private let influence: Influence
    private let targets: [[Double]]
    /// (JᵀJ)⁻¹.
    private var inverse: [Double]
    private var measured: DesignReach
    /// The typical standard error of the wanted predictions, as a share of them.
    private(set) var error: Double
    /// How far their 95 % intervals typically reach.
    private(set) var reach: Double

    /// So many of the offers that lower the variance most are compared by the intervals they leave.
    private static let mostCompared = 16

    /// Cells that would be measured together.
    struct Offer: Sendable {
        let rows: [DesignRow]
        let cost: Double
    }

    init(_ fit: Fit, for wanted: [Conditions]) throws(ScalingLawsError) {
        guard let influence = fit.influence, !wanted.isEmpty,
            let inverse = Self.regularizedInverse(influence.normal)
        else { throw .noAnswer("the fit has too few points to tell its errors") }
        (self.influence, self.inverse) = (influence, inverse)
        targets = try fit.rows(wanted, influence).map(\.relative)
        measured = DesignReach(influence, targets: targets, runVariance: fit.scatter?.runVariance ?? 0)
        (error, reach) = (0, 0)
        take(measured, inverse)
    }

    private mutating func take(_ measured: DesignReach, _ inverse: [Double]) {
        (self.measured, self.inverse) = (measured, inverse)
        let squares = measured.meanSquares(inverse)
        (error, reach) = (squares.error.squareRoot(), squares.reach.squareRoot())
    }

    func offers(_ groups: [[Candidate]], to fit: Fit) throws(ScalingLawsError) -> [Offer] {
        let clusters = fit.clusters(of: groups, influence)
        var offers: [Offer] = []
        for (group, numbers) in zip(groups, clusters) {
            let rows = try fit.rows(group.map(\.conditions), influence)
            offers.append(
                Offer(
                    rows: zip(rows, numbers).map {
                        DesignRow(gradient: $0.residual, weight: $0.weight, cluster: $1)
                    }, cost: max(group.reduce(0) { $0 + $1.cost }, 1e-300)))
        }
        return offers
    }

    /// The offer that shortens the intervals most for its cost, with the design that has it; nil where none is offered.
    func best(of places: [Int], in offers: [Offer]) -> (place: Int, design: Design)? {
        let gains = places.map { gain(offers[$0].rows) / offers[$0].cost }
        let leading = gains.indices.filter { gains[$0] > 0 }.sorted { (gains[$1], $0) < (gains[$0], $1) }
            .prefix(Self.mostCompared).map { places[$0] }
        let designs = Parallel.map(leading.count) { place in
            var larger = self
            larger.take(measured.with(offers[leading[place]].rows), added(offers[leading[place]].rows))
            return larger
        }
        func worth(_ place: Int) -> Double {
            let less = reach * reach - designs[place].reach * designs[place].reach
            return less > 0 ? less / offers[leading[place]].cost : less
        }
        return leading.indices.max { worth($0) < worth($1) }.map { (leading[$0], designs[$0]) }
    }

    /// By how much these rows, each by itself, lower the summed variance of the targets.
    private func gain(_ rows: [DesignRow]) -> Double {
        rows.reduce(0) { sum, row in
            let solved = Self.product(inverse, row.gradient)
            let own = 1 + Self.dot(row.gradient, solved)
            return sum + targets.reduce(0) { $0 + Self.dot($1, solved) * Self.dot($1, solved) / own }
        }
    }

    /// Sherman and Morrison's update of the inverse, row after row.
    private func added(_ rows: [DesignRow]) -> [Double] {
        rows.reduce(inverse) { inverse, row in
            let count = row.gradient.count
            let solved = Self.product(inverse, row.gradient)
            let own = 1 + Self.dot(row.gradient, solved)
            return inverse.indices.map { inverse[$0] - solved[$0 / count] * solved[$0 % count] / own }
        }
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
}
