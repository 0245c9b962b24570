import RealModule

/// What each residual is divided by.
///
/// - In linear space: the measured standard error of QiD, where every point has one.
/// - In logarithms: where tokens come rounded from a table, σᵢ² = τ² + (∂ln f/∂ln D)²·(σ_D/D)², with τ the scatter that
///   rounding does not explain (so that Σr²/σ² = n − p, or 0), relative to the smallest σ. A table that prints D to a
///   fixed decimal knows small D badly; without this they would decide the exponents.
/// - Else 1.
struct Weighting {
    let space: ParameterSpace
    let objective: Objective
    let points: [Point]
    let options: FitOptions

    typealias Found = (observations: Observations, coordinates: Coordinates, outcome: Search.Outcome)

    func search() throws(ScalingLawsError) -> Found {
        let first = try search(inverseSigma: measuredPrecision())
        guard options.isWeighted, objective == .log, points.contains(where: { ($0.tokensStderr ?? 0) > 0 }) else {
            return first
        }
        var found = first
        for _ in 0..<3 {
            guard let precision = try roundingPrecision(found) else { return found }
            found = try search(inverseSigma: precision)
        }
        return found
    }

    private func search(inverseSigma: [Double]) throws(ScalingLawsError) -> Found {
        let observations = try Observations(space, objective: objective, points: points, inverseSigma: inverseSigma)
        let coordinates = try Coordinates(
            space, points: points, places: observations.places, isLogarithmic: objective.isLogarithmic)
        let outcome = try Search(observations: observations, coordinates: coordinates, options: options).run()
        return (observations, coordinates, outcome)
    }

    private func measuredPrecision() -> [Double] {
        let errors = points.compactMap { ($0.qidStderr ?? 0) > 0 ? $0.qidStderr : nil }
        let isUsed =
            options.isWeighted && objective == .linear && space.formula.law.quantity == .qid
            && errors.count == points.count
        return isUsed ? errors.map { 1 / $0 } : points.map { _ in 1 }
    }

    private func roundingPrecision(_ found: Found) throws(ScalingLawsError) -> [Double]? {
        var problem = Problem(found.observations, found.coordinates)
        let parameters = problem.parameters(at: found.outcome.z)
        let curve = try Curve(space.formula.law, names: space.parameters.map(\.name))
        let step = 1e-4
        func values(_ factor: Double) throws(ScalingLawsError) -> [Double] {
            let moved = points.map { point in
                var conditions = point.conditions
                conditions.tokens *= factor
                return conditions
            }
            return try curve.values(at: moved, parameters: parameters)
        }
        let (here, up, down) = (try values(1), try values(.exp(step)), try values(.exp(-step)))
        let rounding = points.indices.map { row in
            let slope = (Double.log(up[row]) - .log(down[row])) / (2 * step)
            return slope * (points[row].tokensStderr ?? 0) / points[row].conditions.tokens
        }
        let residuals = points.indices.map { .log(here[$0]) - Double.log(found.observations.measured[$0]) }
        let degrees = points.count - space.free.count
        guard degrees > 0, rounding.allSatisfy(\.isFinite), residuals.allSatisfy(\.isFinite) else { return nil }
        let variances = Self.variances(residuals, rounding, degrees: Double(degrees))
        guard let least = variances.min(), least > 0 else { return nil }
        return variances.map { (least / $0).squareRoot() }
    }

    /// τ² + sᵢ² with the τ ≥ 0 at which Σr²/(τ² + s²) falls to the degrees of freedom.
    private static func variances(_ residuals: [Double], _ rounding: [Double], degrees: Double) -> [Double] {
        func misfit(_ scatter: Double) -> Double {
            zip(residuals, rounding).reduce(0) { $0 + $1.0 * $1.0 / (scatter + $1.1 * $1.1) }
        }
        var (low, high) = (0.0, residuals.reduce(0) { $0 + $1 * $1 } / degrees)
        guard rounding.contains(0) || misfit(0) > degrees else { return rounding.map { $0 * $0 } }
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if misfit(middle) > degrees { low = middle } else { high = middle }
        }
        return rounding.map { high + $0 * $0 }
    }
}
