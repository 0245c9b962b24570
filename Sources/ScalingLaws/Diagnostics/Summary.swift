import Mathematics
import RealModule

extension Optimum {
    /// The fit without bootstrap, held-out checks and warnings; intervals by the delta method.
    func summary() -> Fit {
        var problem = Problem(observations, coordinates)
        let derivatives = problem.parameterDerivatives(at: outcome.z)
        let (aicc, bic) = criteria()
        return Fit(
            law: law, objective: objective, isWeighted: isWeighted, n: usable.count,
            clusters: observations.clusterCount, clusterUnit: observations.clusterUnit, phase: phase, scatter: scatter,
            ceiling: ceiling, leftOut: leftOut,
            parameters: parameters.indices.map { fitted($0, derivatives) }, correlation: correlation(derivatives),
            objectiveValue: reportedObjective, r2: r2(), r2IsLogarithmic: objective.isLogarithmic, aicc: aicc, bic: bic,
            starts: outcome.starts, startsAtBest: outcome.startsAtBest, heldOut: [], warnings: [],
            residuals: residuals(), draws: [], influence: influence(derivatives), referenceScheme: space.reference)
    }

    /// The one phase of the points used; nil where they are of several or it is unknown.
    private var phase: LearningRatePhase? {
        let phases = Set(usable.map(\.phase))
        return phases.count == 1 && phases.first != .unknown ? phases.first : nil
    }

    private var ceiling: Double? {
        let rooms = usable.map { point -> Double? in
            guard let chance = point.lossAtChance else { return nil }
            return law.quantity == .loss ? chance : point.baselineLoss.map { chance - $0 } ?? chance
        }
        let known = rooms.compactMap(\.self)
        return known.count == rooms.count ? known.max() : nil
    }

    /// Checkpoints seen, by label or else by size and tokens.
    var checkpointCount: Int {
        Set(usable.map { $0.checkpoint ?? "\($0.conditions.params) \($0.conditions.tokens)" }).count
    }

    private func influence(_ derivatives: [Double]) -> Influence? {
        guard checkpointCount > 2 || !law.quantity.isDegradation else { return nil }
        guard let linearization, linearization.variance.isFinite else { return nil }
        let weights = zip(observations.inverseSigma, predictions).map {
            objective.isLogarithmic ? $0 : $0 * abs($1)
        }
        let constants = scatter.flatMap { scatter -> ClusterDegrees.Constants? in
            let within = scatter.deviation * scatter.deviation - scatter.runVariance
            guard scatter.runVariance > 0, within > 0 else { return nil }
            // A variance of few runs is an estimate of few: it is shrunk as James and Stein do.
            let runs = Double(observations.clusterCount)
            let share = max(runs - 2, 0) / runs
            return ClusterDegrees.Constants(weights: weights, ratio: share * scatter.runVariance / within)
        }
        return Influence(
            linearization, cluster: observations.cluster, clusterCount: observations.clusterCount,
            relativeWeights: weights, constants: constants, parameterDerivatives: derivatives)
    }

    private func fitted(_ index: Int, _ derivatives: [Double]) -> FittedParameter {
        let parameter = space.parameters[index]
        let size = coordinates.free.count
        let gradient = Array(derivatives[index * size..<(index + 1) * size])
        let variance = linearization?.variance(of: gradient) ?? .infinity
        let error = variance >= 0 ? variance.squareRoot() : .infinity
        let value = parameters[index]
        let degrees = Double(max(usable.count - size, 1))
        let t = StudentT.quantile(1 - Interval.tail, degrees: degrees)
        let isKnown = error.isFinite && (checkpointCount > 2 || !law.quantity.isDegradation)
        let reach = parameter.fixed != nil ? 0 : isKnown ? error * t : .infinity
        let coordinate = coordinates.free.firstIndex(of: index)
        let isNull = coordinate.map { linearization?.isNull[$0] ?? true } ?? false
        let atBound = isAtBound(index)
        return FittedParameter(
            name: parameter.name, symbol: parameter.definition.symbol, unit: parameter.definition.unit, value: value,
            low: max(value - reach, parameter.definition.lower), high: min(value + reach, parameter.definition.upper),
            profile: nil, standardError: parameter.fixed == nil ? error : 0, atBound: atBound,
            identified: !atBound && !isNull && (parameter.fixed != nil || isKnown)
                && (parameter.fixed == nil || parameter.definition.identifiedBy == nil),
            isFixed: parameter.fixed != nil,
            published: parameter.definition.published)
    }

    private func correlation(_ derivatives: [Double]) -> [[Double]] {
        let size = coordinates.free.count
        let rows = parameters.indices.map { Array(derivatives[$0 * size..<($0 + 1) * size]) }
        guard let inverse = linearization?.inverse else { return [] }
        func covariance(_ a: [Double], _ b: [Double]) -> Double {
            var sum = 0.0
            for i in 0..<size where a[i] != 0 { for j in 0..<size { sum += a[i] * inverse[i * size + j] * b[j] } }
            return sum
        }
        let variances = rows.map { covariance($0, $0) }
        return rows.indices.map { i in
            rows.indices.map { j in
                if i == j { return 1 }
                let scale = (variances[i] * variances[j]).squareRoot()
                return scale > 0 ? min(max(covariance(rows[i], rows[j]) / scale, -1), 1) : 0
            }
        }
    }

    /// y and ŷ in the space of the residuals.
    private func pairs() -> [(measured: Double, predicted: Double, weight: Double)] {
        observations.measured.indices.map { row in
            let (y, f) = (observations.measured[row], predictions[row])
            let weight = observations.inverseSigma[row] * observations.inverseSigma[row]
            return objective.isLogarithmic ? (.log(y), .log(f), weight) : (y, f, weight)
        }
    }

    private func r2() -> Double {
        let pairs = pairs()
        let weights = pairs.reduce(0) { $0 + $1.weight }
        let mean = pairs.reduce(0) { $0 + $1.weight * $1.measured } / weights
        let total = pairs.reduce(0) { $0 + $1.weight * ($1.measured - mean) * ($1.measured - mean) }
        let rest = pairs.reduce(0) { $0 + $1.weight * ($1.measured - $1.predicted) * ($1.measured - $1.predicted) }
        return total > 0 ? 1 - rest / total : .nan
    }

    /// n·ln(2·objective/n) + 2Σ ln(dy/dr) + penalty: by the Gaussian likelihood of y, whatever the residuals' space.
    private func criteria() -> (aicc: Double, bic: Double) {
        let n = Double(usable.count)
        let k = Double(coordinates.free.count + 1)
        let scale = observations.measured.indices.reduce(0.0) { sum, row in
            let weight = observations.inverseSigma[row]
            return sum + 2 * .log((objective.isLogarithmic ? observations.measured[row] : 1) / weight)
        }
        let misfit = n * .log(max(2 * outcome.objective / n, 1e-300)) + scale
        let correction = n > k + 1 ? 2 * k * (k + 1) / (n - k - 1) : .infinity
        return (misfit + 2 * k + correction, misfit + k * .log(n))
    }

    private func residuals() -> [Residual] {
        let pairs = pairs()
        let sizes = pairs.map { abs($0.measured - $0.predicted) * $0.weight.squareRoot() }.sorted()
        let spread = max(Interval.percentile(sizes, 0.5) * 1.4826, 1e-300)
        return usable.indices.map { row in
            let pair = pairs[row]
            return Residual(
                index: indices[row], point: usable[row], measured: observations.measured[row],
                predicted: predictions[row],
                standardized: (pair.measured - pair.predicted) * pair.weight.squareRoot() / spread)
        }
    }

    /// Adds the bootstrap's draws.
    func addDraws(to fit: inout Fit) {
        guard let influence = fit.influence, observations.clusterCount > 1 else { return }
        let bootstrap = Bootstrap(
            observations: observations, coordinates: coordinates, z: outcome.z, influence: influence,
            seed: options.seed)
        fit.draws = bootstrap.run(options.bootstrapDraws)
    }
}
