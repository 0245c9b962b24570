import Mathematics
import RealModule

/// 95 % intervals from bootstrap draws.
///
/// The draws' 2.5 and 97.5 percentiles, moved away from the estimate by `widening`: the quantile of Student's t over
/// that of the normal distribution, as a spread estimated from few clusters misleads otherwise. Of a quantity that
/// is positive in every draw, the distances are factors. Without draws the interval is all that the bounds allow.
enum Interval {
    static let tail = 0.025

    static func of(_ draws: [Double], around value: Double, widening: Double, within bounds: ClosedRange<Double>)
        -> (low: Double, high: Double)
    {
        let finite = draws.filter(\.isFinite).sorted()
        guard finite.count >= 20, value.isFinite else { return (bounds.lowerBound, bounds.upperBound) }
        let (low, high) = (quantile(finite, tail), quantile(finite, 1 - tail))
        let isPositive = value > 0 && finite[0] > 0 && bounds.lowerBound >= 0
        let ends =
            isPositive
            ? (value * .pow(low / value, widening), value * .pow(high / value, widening))
            : (value + (low - value) * widening, value + (high - value) * widening)
        return (
            min(max(min(ends.0, value), bounds.lowerBound), value),
            max(min(max(ends.1, value), bounds.upperBound), value)
        )
    }

    /// The percentile of sorted numbers, interpolated.
    static func percentile(_ sorted: [Double], _ p: Double) -> Double {
        guard let last = sorted.last else { return .nan }
        let place = p * Double(sorted.count - 1)
        let index = Int(place)
        // Equal neighbours may be infinite.
        guard index + 1 < sorted.count else { return last }
        guard sorted[index] < sorted[index + 1] else { return sorted[index] }
        return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
    }

    /// The quantile that a further draw falls below with probability p: place p·(n + 1) of sorted draws from 1,
    /// interpolated.
    ///
    /// `percentile` lies inside it, which costs a percent of coverage at 300 draws.
    static func quantile(_ sorted: [Double], _ p: Double) -> Double {
        guard let first = sorted.first, let last = sorted.last else { return .nan }
        let place = p * Double(sorted.count + 1) - 1
        guard place > 0 else { return first }
        let index = Int(place)
        // Equal neighbours may be infinite.
        guard index + 1 < sorted.count else { return last }
        guard sorted[index] < sorted[index + 1] else { return sorted[index] }
        return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
    }

    /// t/z at 95 % for these degrees of freedom.
    static func widening(degrees: Double) -> Double {
        StudentT.quantile(1 - tail, degrees: max(degrees, 1)) / Normal.quantile(1 - tail)
    }
}
