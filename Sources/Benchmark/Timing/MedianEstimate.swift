import RealModule

/// The median of what repetitions gave, and how well it is known.
package struct MedianEstimate: Sendable, Equatable {
    /// The middle value, or the mean of the two in the middle; 0 of none.
    package let value: Double
    /// Holds the true median in at least 95 of 100 cases, whatever the distribution (two order statistics, by the
    /// binomial distribution of how many lie below it).
    ///
    /// Nil below six values, which cannot say so.
    package let interval: ClosedRange<Double>?

    package init(value: Double, interval: ClosedRange<Double>?) {
        self.value = value
        self.interval = interval
    }

    package init(_ values: [Double]) {
        let sorted = values.sorted()
        let count = sorted.count
        value = sorted.isEmpty ? 0 : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
        let outside = Self.valuesOutside(count)
        interval = outside > 0 ? sorted[outside - 1]...sorted[count - outside] : nil
    }

    /// The largest k with P(fewer than k of n values lie below the median) ≤ 2.5 %: the k-th value from either end
    /// bounds it.
    private static func valuesOutside(_ count: Int) -> Int {
        // By logarithms: 2⁻ⁿ itself is 0 from some thousand values on.
        var (logarithm, below, k) = (-Double(count) * Double.log(2), 0.0, 0)
        while k < count, below + Double.exp(logarithm) <= 0.025 {
            below += Double.exp(logarithm)
            logarithm += Double.log(Double(count - k) / Double(k + 1))
            k += 1
        }
        return k
    }
}
