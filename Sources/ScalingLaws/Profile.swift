import RealModule

/// Intervals from the profile of the objective: all values of one parameter for which the best fit of the others is
/// not worse than noise explains, F(v) ≤ F̂ + ½t²·s² with s² = Σψ²/(n − p)/mean ψ′ (for least squares the residual
/// variance) and t the 97.5 % quantile of Student's t with n − p degrees of freedom.
struct Profile: Sendable {
    let optimum: Optimum

    private static let expansions = 60
    private static let bisections = 30

    /// The interval of one parameter; an end is the bound, or infinite, where no value in reach is bad enough.
    func interval(of index: Int) -> ClosedRange<Double>? {
        guard let limit else { return nil }
        let value = optimum.parameters[index]
        let low = end(of: index, upward: false, limit: limit) ?? value
        let high = end(of: index, upward: true, limit: limit) ?? value
        guard !low.isNaN, !high.isNaN, !value.isNaN else { return nil }
        return min(low, value)...max(high, value)
    }

    private var limit: Double? {
        let count = optimum.usable.count
        let degrees = Double(count - (optimum.linearization?.freeCount ?? count))
        guard degrees >= 1, let linearization = optimum.linearization else { return nil }
        let t = StudentT.quantile(1 - Interval.tail, degrees: degrees)
        return optimum.outcome.objective + t * t * linearization.variance * linearization.curvature / 2
    }

    /// Walks away from the optimum in growing steps, then bisects; each fit begins where the one before ended.
    private func end(of index: Int, upward: Bool, limit: Double) -> Double? {
        let definition = optimum.space.parameters[index].definition
        let start = optimum.parameters[index]
        let bound = upward ? definition.upper : definition.lower
        guard start != bound else { return start }
        let error = optimum.parameterError(index)
        let isScale = definition.lower >= 0 && start > 0
        var step = isScale ? max(error / start, 1e-3) : max(error, 1e-3 * max(abs(start), 0.1))
        if isScale { step = min(step, 1) }
        var parameters = optimum.parameters
        var inside = start
        var outside: Double?
        for _ in 0..<Self.expansions {
            let moved = isScale ? inside * .exp(upward ? step : -step) : inside + (upward ? step : -step)
            let next = upward ? min(moved, bound) : max(moved, bound)
            guard let fit = optimum.refit(holding: index, at: next, from: parameters) else {
                outside = next
                break
            }
            guard fit.objective <= limit else {
                outside = next
                break
            }
            (inside, parameters) = (next, fit.parameters)
            if next == bound { return bound }
            step *= 1.5
        }
        guard let outside else { return bound.isFinite ? bound : upward ? .infinity : -.infinity }
        return bisect(index, inside, outside, parameters, limit)
    }

    private func bisect(
        _ index: Int, _ inside: Double, _ outside: Double, _ parameters: [Double], _ limit: Double
    ) -> Double {
        var (inside, outside, parameters) = (inside, outside, parameters)
        for _ in 0..<Self.bisections where abs(outside - inside) > 1e-5 * max(abs(inside), abs(outside)) {
            let isSameSign = inside > 0 && outside > 0
            let middle = isSameSign ? (inside * outside).squareRoot() : (inside + outside) / 2
            if let fit = optimum.refit(holding: index, at: middle, from: parameters), fit.objective <= limit {
                (inside, parameters) = (middle, fit.parameters)
            } else {
                outside = middle
            }
        }
        return (inside + outside) / 2
    }
}

extension Optimum {
    /// The standard error of a parameter by the delta method.
    func parameterError(_ index: Int) -> Double {
        var problem = Problem(observations, coordinates)
        let derivatives = problem.parameterDerivatives(at: outcome.z)
        let size = coordinates.free.count
        let error = linearization?.variance(of: Array(derivatives[index * size..<(index + 1) * size])).squareRoot() ?? 0
        return error.isFinite ? error : 0
    }

    /// The best fit with one parameter held, searched from given parameters; nil where the law is not finite there.
    func refit(
        holding index: Int, at value: Double, from parameters: [Double]
    ) -> (objective: Double, parameters: [Double])? {
        var fixed = options.fixed
        fixed[space.parameters[index].name] = value
        guard
            let space = try? ParameterSpace(
                formula, points: usable, referenceScheme: self.space.reference, fixed: fixed),
            let observations = try? Observations(
                space, objective: objective, points: usable, inverseSigma: observations.inverseSigma),
            let coordinates = try? Coordinates(
                space, points: usable, places: observations.places, isLogarithmic: objective.isLogarithmic)
        else { return nil }
        var problem = Problem(observations, coordinates)
        var start = parameters
        start[index] = value
        var z = problem.coordinates(of: start)
        guard !z.isEmpty else {
            let objective = problem.evaluate(z).objective
            return objective.isFinite ? (objective, start) : nil
        }
        let solved = problem.solvingLinearPart(z)
        if problem.evaluate(solved).objective < problem.evaluate(z).objective { z = solved }
        let minimum = Minimizer(tolerance: 1e-9, maxIterations: 100).minimize(&problem, from: z)
        guard minimum.objective.isFinite else { return nil }
        return (minimum.objective, problem.parameters(at: minimum.z))
    }

    /// Adds to every free parameter the interval of its profile; a parameter without ends is not identified.
    func addProfiles(to fit: inout Fit) {
        let free = coordinates.free
        let profile = Profile(optimum: self)
        let intervals = parallelMap(free.count) { profile.interval(of: free[$0]) }
        for (index, interval) in zip(free, intervals) {
            fit.parameters[index].profile = interval
            guard let interval else { continue }
            if fit.draws.isEmpty {
                fit.parameters[index].low = interval.lowerBound
                fit.parameters[index].high = interval.upperBound
            }
            let definition = space.parameters[index].definition
            if interval.lowerBound <= definition.lower || interval.upperBound >= definition.upper {
                fit.parameters[index].identified = false
            }
        }
    }
}
