import Mathematics
import RealModule

extension Optimum {
    /// How measurements lie about the law, in ln(measured/law); nil where a value has no logarithm or too few points are
    /// left to tell.
    ///
    /// Runs differ from the law by a constant of their own, of which the fit has taken some: with W the mean square of
    /// residuals about their cluster's mean and B that of the G clusters' means, weighted by their points, over
    /// G − q degrees of freedom (q: constant and slope of size), the variance is W + max(0, (B − W)/n̄).
    var scatter: Scatter? {
        let pairs = zip(observations.measured, predictions)
        guard pairs.allSatisfy({ $0 > 0 && $1 > 0 }) else { return nil }
        let residuals = pairs.map { Double.log($0 / $1) }
        let (count, groups, free) = (residuals.count, observations.clusterCount, coordinates.free.count)
        guard count > free + 1 else { return nil }
        let whole = residuals.reduce(0) { $0 + $1 * $1 } / Double(count - free)
        guard groups > 2, count > groups + free else {
            return Scatter(deviation: whole.squareRoot(), runVariance: 0, degrees: Double(count - free))
        }
        var (sums, sizes) = ([Double](repeating: 0, count: groups), [Double](repeating: 0, count: groups))
        for (number, residual) in zip(observations.cluster, residuals) {
            sums[number] += residual
            sizes[number] += 1
        }
        let means = zip(sums, sizes).map { $0 / $1 }
        let within = zip(observations.cluster, residuals).reduce(0) { $0 + ($1.1 - means[$1.0]) * ($1.1 - means[$1.0]) }
        let between = zip(means, sizes).reduce(0) { $0 + $1.1 * $1.0 * $1.0 }
        let (innerDegrees, outerDegrees) = (Double(count - groups - free), Double(groups - 2))
        let (inner, outer) = (within / innerDegrees, between / outerDegrees)
        let ofRuns = max((outer - inner) * Double(groups) / Double(count), 0)
        // The part of the variance that is known from the clusters' means alone.
        let fromMeans = max(outer, inner) * Double(groups) / Double(count)
        let degrees = degreesOfFreedom([(inner + ofRuns - fromMeans, innerDegrees), (fromMeans, outerDegrees)])
        guard observations.clusterUnit == .runs else {
            return Scatter(deviation: whole.squareRoot(), runVariance: 0, degrees: degrees)
        }
        return Scatter(
            deviation: max(inner + ofRuns, whole).squareRoot(), runVariance: ofRuns, degrees: degrees,
            slopes: RunSlopes(
                residuals: residuals, runs: observations.cluster, tokens: usable.map(\.conditions.tokens)))
    }
}

/// Those of a sum of estimated variances, each with its own: 1/ν = Σ share/ν.
///
/// Satterthwaite's formula (1946) has the squares of shares, and is too bold where few degrees of freedom estimate a large
/// share: a variance that looks small by chance then counts as well known, too.
private func degreesOfFreedom(_ parts: [(variance: Double, degrees: Double)]) -> Double {
    let whole = parts.reduce(0) { $0 + $1.variance }
    return whole > 0 ? whole / parts.reduce(0) { $0 + $1.variance / $1.degrees } : parts[0].degrees
}

/// How measurements lie about a law, in ln(measured/law).
package struct Scatter: Sendable, Equatable {
    /// The standard deviation for a checkpoint of another run, runs' own deviations included.
    package var deviation: Double
    /// The variance of the constants of runs; 0 where no runs are told apart.
    package var runVariance: Double
    /// The degrees of freedom that the deviation is known from.
    package var degrees: Double
    /// Nil where no slopes of runs show.
    package var slopes: RunSlopes?
}

extension Fit {
    /// The 95 % predictive interval of a measurement of another run where the law says `value`, whose derivatives by the
    /// parameters are given: ± t·√(variance of ln(law) + scatter² + what runs' slopes add).
    func predictive(
        at place: Conditions, around value: Double, _ gradient: [Double]
    ) -> ClosedRange<Double>? {
        guard value > 0, value.isFinite, let scatter,
            let variance = influence?.variance(ofParameters: gradient),
            let lawDegrees = influence?.degrees(ofParameters: gradient)
        else { return nil }
        var parts = [
            (variance / (value * value), lawDegrees), (scatter.deviation * scatter.deviation, scatter.degrees),
        ]
        if let slopes = scatter.slopes { parts.append((slopes.variance(at: place.tokens), slopes.degrees)) }
        let error = parts.reduce(0) { $0 + $1.0 }.squareRoot()
        let reach = min(StudentT.quantile(1 - Interval.tail, degrees: degreesOfFreedom(parts)) * error, 700)
        guard reach >= 0 else { return nil }
        return value * .exp(-reach)...value * .exp(reach)
    }
}
