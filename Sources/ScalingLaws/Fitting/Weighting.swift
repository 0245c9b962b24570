import RealModule

/// What each residual is divided by.
///
/// - In linear space: the measured standard error of QiD or KL, where every point has one.
/// - In logarithms: where every point has a standard error s, or tokens come rounded from a table,
///   σᵢ² = τ² + (sᵢ/fᵢ)² + (∂ln f/∂ln D)²·(σ_D/D)², with τ the scatter that these do not explain (so that Σr²/σ² = n − p,
///   or 0), relative to the smallest σ. What is measured badly, or known at a badly known D, would else decide exponents
///   as much as the rest.
/// - Else 1.
struct Weighting {
    let space: ParameterSpace
    let objective: Objective
    let points: [Point]
    let options: FitOptions

    typealias Found = (observations: Observations, coordinates: Coordinates, outcome: Search.Outcome)

    func search() throws(ScalingLawsError) -> Found {
        let first = try search(inverseSigma: measuredPrecision())
        let isRounded = points.contains { ($0.tokensStderr ?? 0) > 0 }
        guard options.isWeighted, objective == .log, isRounded || hasErrors else { return first }
        var found = first
        for _ in 0..<3 {
            guard let precision = try knownPrecision(found) else { return found }
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
        let isUsed = options.isWeighted && objective == .linear && hasErrors
        return isUsed ? errors.map { 1 / $0 } : points.map { _ in 1 }
    }

    /// The standard errors of what the law predicts, 0 where none is known.
    private var errors: [Double] { points.map { $0.standardError(of: space.formula.law.quantity) ?? 0 } }

    private var hasErrors: Bool { errors.allSatisfy { $0 > 0 } }

    private func knownPrecision(_ found: Found) throws(ScalingLawsError) -> [Double]? {
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
        let errors = hasErrors ? errors : points.map { _ in 0 }
        let rounding = points.indices.map { row in
            let slope = (Double.log(up[row]) - .log(down[row])) / (2 * step)
            let ofTokens = slope * (points[row].tokensStderr ?? 0) / points[row].conditions.tokens
            let own = errors[row] / here[row]
            return (ofTokens * ofTokens + own * own).squareRoot()
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
