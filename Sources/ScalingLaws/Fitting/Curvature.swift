import RealModule

/// Mean ψ′, by which a residual's error moves the objective's gradient: 1 for least squares, for Huber's the share of
/// errors within ±δ.
///
/// Variances divide by its square, so ``value`` is such that 1/value² has no bias. A fit puts as many residuals near 0
/// as it has parameters: those are not counted. Where δ is small against the residuals too few lie within it, so those
/// within a wider band of ±h are counted: the density that the spread of least absolute deviations depends on (Koenker
/// and Machado, 1999), with Silverman's bandwidth h for such a window. What of the band lies within ±δ is taken from
/// the normal distribution of the same spread, as flat in the band the density would come out too low (Hjort and Glad,
/// 1995). Of m residuals k in the band, binomial, (m+1)(m+2)/((k+1)(k+2)) estimates 1/share² without bias but for terms
/// of (1−share)^m.
struct Curvature: Sendable, Equatable {
    var value = 1.0
    /// h; infinite for least squares.
    var band = Double.infinity
    /// The variance of 1/value² over its square: four times that of a binomial share over its square.
    var relativeVariance = 0.0

    static let leastSquares = Curvature()
}

extension Curvature {
    /// Of a fit's residuals, `free` of which the parameters put near 0.
    init(of residuals: [Double], within delta: Double, free: Int) {
        let count = Double(residuals.count)
        let spare = max(count - Double(free), 1)
        let sizes = residuals.map { abs($0) }.sorted()
        let spread = 1.4826 * Interval.percentile(sizes, 0.5) * (count / spare).squareRoot()
        // 1.06 for a normal kernel, times the ratio of the kernels' canonical bandwidths (Marron and Nolan, 1988).
        band = max(delta, 1.06 * 1.3510 / 0.7764 * spread * .pow(count, -0.2))
        let band = band
        let inside = min(Double(max(residuals.count { abs($0) <= band } - free, 0)), spare)
        let inverseSquare = (spare + 1) * (spare + 2) / ((inside + 1) * (inside + 2))
        let within = band > delta ? Self.normalShare(delta / spread) / Self.normalShare(band / spread) : 1
        value = within / inverseSquare.squareRoot()
        relativeVariance = 4 * (spare - inside) / (inside + 1) / spare
    }

    /// P(|x| ≤ limit) for a standard normal x.
    private static func normalShare(_ limit: Double) -> Double { Double.erf(limit / 2.0.squareRoot()) }
}
