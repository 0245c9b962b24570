import Kernels
import Mathematics
import RealModule

/// Intervals from the profile of the objective: all values v of one parameter for which the best fit F(v) of the
/// others is not worse than noise explains, F(v) ≤ F̂ + ½t²·κ·c.
///
/// κ·c turns differences of the objective into squared standard errors, c the mean ψ′ (1 for least squares); t is the
/// 97.5 % quantile of Student's t. Two scales are of use. `.independent` takes residuals for independent and equally
/// noisy: κ = Σψ²/(n − p)/c², n − p degrees of freedom. `.clustered` asks the data: κ is the variance that the spread
/// among clusters gives the parameter over that which unit noise would, with degrees of freedom to match (`Influence`).
/// That is the vertical adjustment of Chandler and Bate (Biometrika 94, 2007) with the small-sample corrections of
/// Bell and McCaffrey (2002). Unlike an estimate ± t errors, such an interval bends as the law does.
struct Profile: Sendable {
    enum Scale { case independent, clustered }

    private let optimum: Optimum
    private let influence: Influence?
    private let index: Int
    /// The law with the parameter's own coordinate, so that it can be held.
    private let held: Coordinates
    private let coordinate: Int
    private let start: [Double]

    private static let steps = 60
    /// An end is known well enough when the objective there is, in standard errors, this near to the limit.
    private static let tolerance = 1e-3

    init?(_ optimum: Optimum, _ influence: Influence?, parameter index: Int) {
        guard let coordinate = optimum.coordinates.free.firstIndex(of: index) else { return nil }
        (self.optimum, self.influence, self.index, self.coordinate) = (optimum, influence, index, coordinate)
        held = optimum.coordinates.separating(coordinate, isPositive: optimum.parameters[index] > 0)
        var problem = Problem(optimum.observations, held)
        start = problem.coordinates(of: optimum.parameters)
    }

    /// The interval; an end is the bound, or infinite, where no value in reach is bad enough.
    ///
    /// Nil if there are too few points to tell.
    func interval(_ scale: Scale) -> ClosedRange<Double>? {
        guard let (unit, t) = limit(scale), unit > 0, unit.isFinite, t.isFinite else { return nil }
        let value = optimum.parameters[index]
        let low = end(upward: false, unit: unit, t: t)
        let high = end(upward: true, unit: unit, t: t)
        guard !low.isNaN, !high.isNaN, !value.isNaN else { return nil }
        return min(low, value)...max(high, value)
    }

    /// The objective's difference that is half a squared standard error, and the errors wanted.
    private func limit(_ scale: Scale) -> (unit: Double, t: Double)? {
        let count = optimum.usable.count
        guard let linearization = optimum.linearization else { return nil }
        let spare = Double(count - linearization.freeCount)
        guard spare >= 1 else { return nil }
        var (variance, degrees) = (linearization.variance, spare)
        if scale == .clustered, let influence {
            var gradient = [Double](repeating: 0, count: optimum.parameters.count)
            gradient[index] = 1
            let moved = influence.byCoordinate(gradient)
            if let ratio = influence.ratio(of: moved) { (variance, degrees) = (ratio, influence.degrees(of: moved)) }
        }
        let t = StudentT.quantile(1 - Interval.tail, degrees: degrees)
        return (variance * linearization.curvature.value, t)
    }

    /// Walks from the optimum to where the objective, in standard errors, is `t` above its best.
    private func end(upward: Bool, unit: Double, t: Double) -> Double {
        var problem = Problem(optimum.observations, held)
        let bound = upward ? held.upper[coordinate] : held.lower[coordinate]
        let origin = start[coordinate]
        guard origin != bound else { return value(bound) }
        var inside = Step(place: origin, distance: 0, z: start)
        var before = inside
        var outside: Step?
        var next = origin + (upward ? 1 : -1) * firstStep(t)
        for _ in 0..<Self.steps {
            next = upward ? min(next, bound) : max(next, bound)
            let found = step(to: next, from: inside, before, unit, &problem)
            if abs(found.distance - t) <= Self.tolerance * t { return value(next) }
            if found.distance < t {
                if next == bound { return value(bound) }
                (before, inside) = (inside, found)
            } else {
                outside = found
            }
            if let outside {
                guard abs(outside.place - inside.place) > 1e-6 * max(abs(outside.place - origin), 1e-12) else { break }
                let share = (t - inside.distance) / (outside.distance - inside.distance)
                let safe = outside.distance.isFinite ? min(max(share, 0.1), 0.9) : 0.5
                next = inside.place + safe * (outside.place - inside.place)
            } else {
                let growth = inside.distance > 0 ? min(t / inside.distance, 3) : 3
                next = origin + (inside.place - origin) * max(growth, 1.02)
                guard abs(next) < 1e300 else { return upward ? .infinity : value(-.infinity) }
            }
        }
        guard outside != nil else { return value(bound) }
        return value(inside.place)
    }

    private struct Step {
        var place: Double
        /// √(2(F − F̂)/unit): standard errors from the optimum.
        var distance: Double
        var z: [Double]
    }

    /// The best fit with the parameter held, searched from where the last two lead.
    private func step(
        to place: Double, from last: Step, _ before: Step, _ unit: Double, _ problem: inout Problem
    ) -> Step {
        let width = last.place - before.place
        let ratio = width != 0 ? (place - last.place) / width : 0
        problem.coordinates = held.holding(coordinate, at: place)
        var z = zip(last.z, before.z).map { $0 + ($0 - $1) * ratio }
        z[coordinate] = place
        var minimum = Minimizer(tolerance: 1e-8, maxIterations: 60).minimize(
            &problem, from: problem.coordinates.clamped(z))
        if !minimum.objective.isFinite {
            z = last.z
            z[coordinate] = place
            minimum = Minimizer(tolerance: 1e-8, maxIterations: 60).minimize(
                &problem, from: problem.coordinates.clamped(z))
        }
        guard minimum.objective.isFinite else { return Step(place: place, distance: .infinity, z: last.z) }
        let excess = max(minimum.objective - optimum.outcome.objective, 0)
        return Step(place: place, distance: (2 * excess / unit).squareRoot(), z: minimum.z)
    }

    /// t standard errors by the delta method, in the parameter's own coordinate.
    private func firstStep(_ t: Double) -> Double {
        let error = optimum.parameterError(index)
        let size = optimum.parameters[index]
        switch held.kinds[coordinate] {
        case .logarithm: return min(max(error / size * t, 1e-3), 2)
        default: return max(error * t, 1e-3 * max(abs(size), 1e-3))
        }
    }

    private func value(_ place: Double) -> Double {
        guard held.kinds[coordinate] == .logarithm else { return place }
        if place <= held.lower[coordinate] { return optimum.space.parameters[index].definition.lower }
        if place >= held.upper[coordinate] { return optimum.space.parameters[index].definition.upper }
        return .exp(place)
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

    /// Gives every free parameter its interval; one that reaches a bound, or has no end, is not identified.
    func addIntervals(to fit: inout Fit) {
        guard checkpointCount > 2 || !law.quantity.isDegradation else { return }
        let free = coordinates.free
        let influence = fit.influence
        let classical = options.profiles
        let intervals = Parallel.map(free.count) {
            place -> (own: ClosedRange<Double>?, classical: ClosedRange<Double>?) in
            guard let profile = Profile(self, influence, parameter: free[place]) else { return (nil, nil) }
            return (profile.interval(.clustered), classical ? profile.interval(.independent) : nil)
        }
        for (index, interval) in zip(free, intervals) {
            fit.parameters[index].profile = interval.classical
            guard let own = interval.own ?? interval.classical else { continue }
            (fit.parameters[index].low, fit.parameters[index].high) = (own.lowerBound, own.upperBound)
            let definition = space.parameters[index].definition
            let reaches = [own, interval.classical ?? own].contains {
                $0.lowerBound <= definition.lower || $0.upperBound >= definition.upper
            }
            if reaches { fit.parameters[index].identified = false }
        }
    }
}
