import RealModule

/// Fits a law to points.
///
/// The points that the law or the objective cannot use are left out and named in the result. Everything is
/// deterministic by `options.seed`, whatever the number of threads.
/// - Throws: `ScalingLawsError` if the law, a bound or the reference scheme is unknown, or the points are too few.
package func fit(
    _ points: [Point], _ law: Law, _ options: FitOptions = FitOptions()
) throws(ScalingLawsError) -> Fit {
    let formula = try Formula(try law.bounded(options.bounds))
    let fitted = try Optimum(points, formula, options)
    var result = fitted.summary()
    if options.bootstrapDraws > 0 { fitted.addDraws(to: &result) }
    if options.bootstrapDraws > 0 || options.profiles { fitted.addIntervals(to: &result) }
    if options.holdsOut { result.heldOut = fitted.holdOut() }
    result.warnings = Checks(fit: result, optimum: fitted).warnings
    return result
}

/// The best parameters of a law on points, before anything is said about them.
struct Optimum: Sendable {
    let all: [Point]
    let formula: Formula
    let options: FitOptions
    let objective: Objective
    let usable: [Point]
    let indices: [Int]
    let leftOut: [LeftOut]
    /// Residuals were divided by different standard errors.
    let isWeighted: Bool
    let observations: Observations
    let coordinates: Coordinates
    let outcome: Search.Outcome
    let parameters: [Double]
    let predictions: [Double]
    let linearization: Linearization?

    var space: ParameterSpace { observations.space }
    var law: Law { formula.law }

    init(_ all: [Point], _ formula: Formula, _ options: FitOptions) throws(ScalingLawsError) {
        self.all = all
        self.formula = formula
        self.options = options
        objective = options.objective ?? formula.law.objective(for: all)
        let chosen = PointSelection(all, formula: formula, objective: objective, phases: options.phases)
        (usable, indices, leftOut) = (chosen.points, chosen.indices, chosen.leftOut)
        guard !usable.isEmpty else {
            let quantity = formula.law.quantity
            guard let first = chosen.leftOut.first(where: { $0.point.measured(quantity) != nil }) else {
                throw .nothingMeasured(law: formula.law.name, quantity: quantity.rawValue)
            }
            throw .noUsablePoint(law: formula.law.name, points: all.count, reason: first.reason)
        }
        let space = try ParameterSpace(
            formula, points: usable, referenceScheme: options.referenceScheme, fixed: options.fixed)
        guard usable.count >= space.free.count else {
            throw .tooFewPoints(law: formula.law.name, points: usable.count, parameters: space.free.count)
        }
        let weighting = Weighting(space: space, objective: objective, points: usable, options: options)
        (observations, coordinates, outcome) = try weighting.search()
        isWeighted = observations.inverseSigma.contains { $0 != 1 }
        var problem = Problem(observations, coordinates)
        parameters = problem.parameters(at: outcome.z)
        predictions = problem.predictions(parameters)
        linearization = Linearization(&problem, at: outcome.z)
    }

    /// The objective as `Objective` defines it: the mean for Huber's, else the sum.
    var reportedObjective: Double {
        objective.delta == nil ? outcome.objective : outcome.objective / Double(usable.count)
    }

    /// Whether a coordinate ended on a bound of the parameter's own, not of the search's.
    func isAtBound(_ parameter: Int) -> Bool {
        guard let coordinate = coordinates.free.firstIndex(of: parameter) else { return false }
        let z = outcome.z[coordinate]
        return z <= coordinates.lower[coordinate] || z >= coordinates.upper[coordinate]
    }
}
