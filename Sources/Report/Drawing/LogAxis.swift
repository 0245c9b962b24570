internal import Presentation

/// A logarithmic scale from a range of values to a range of coordinates, with its ticks.
package struct LogAxis: Sendable, Equatable {
    /// The values, all positive.
    package let domain: ClosedRange<Double>
    /// Where the domain's ends are drawn; the first may be the larger, as for heights on a page.
    package let start: Double
    package let end: Double
    /// The values to label; nil for powers of ten and what lies between.
    package let labels: [Double]?

    package init(domain: ClosedRange<Double>, start: Double, end: Double, labels: [Double]? = nil) {
        self.domain = domain
        self.start = start
        self.end = end
        self.labels = labels
    }

    /// A tick; those in between have no label.
    package struct Tick: Sendable, Equatable {
        package let value: Double
        package let isMajor: Bool
    }

    /// The positive values' range with a margin on both sides, at least a factor 4 wide; a default for none.
    package static func domain(of values: [Double], margin: Double) -> ClosedRange<Double> {
        let positive = values.filter { $0 > 0 && $0.isFinite }
        guard let low = positive.min(), let high = positive.max() else { return 0.01...1 }
        let widening = max(margin, (4 / (high / low)).squareRoot())
        return low / widening...high * widening
    }

    /// Where a positive value is drawn.
    package func position(_ value: Double) -> Double {
        let (low, high) = (Figures.logarithm(domain.lowerBound), Figures.logarithm(domain.upperBound))
        return start + (Figures.logarithm(value) - low) / (high - low) * (end - start)
    }

    /// Values spread evenly over the scale, both ends included.
    package func samples(_ count: Int) -> [Double] {
        let (low, high) = (Figures.logarithm(domain.lowerBound), Figures.logarithm(domain.upperBound))
        return (0..<count).map { index in
            Figures.tenTo(low + (high - low) * Double(index) / Double(max(1, count - 1)))
        }
    }

    /// What is to be labelled, else powers of ten; where fewer than three fall into the domain, 3s are labelled too, and
    /// then 2s and 5s.
    package var ticks: [Tick] {
        if let labels { return labels.filter(domain.contains).map { Tick(value: $0, isMajor: true) } }
        let first = Int(Figures.logarithm(domain.lowerBound).rounded(.down))
        let last = Int(Figures.logarithm(domain.upperBound).rounded(.up))
        let all = (first...last).flatMap { exponent in
            (1...9).map { (digit: $0, value: Self.value($0, exponent), exponent: exponent) }
        }.filter { domain.contains($0.value) }
        let choices: [Set<Int>] = [[1], [1, 3], [1, 2, 5]]
        let wanted = choices.first { digits in all.count { digits.contains($0.digit) } >= 3 } ?? Set(1...9)
        let step = max(1, (all.count { $0.digit == 1 } + 5) / 6)
        return all.map { tick in
            let isRegular = step == 1 || tick.exponent.isMultiple(of: step)
            return Tick(value: tick.value, isMajor: wanted.contains(tick.digit) && isRegular)
        }
    }

    /// digit × 10^exponent, correctly rounded.
    private static func value(_ digit: Int, _ exponent: Int) -> Double { Double("\(digit)e\(exponent)") ?? .nan }
}
