import RealModule

/// An answer with its 95 % interval; an end is infinite where draws have no answer.
package struct Estimate: Sendable, Equatable {
    package var value: Double
    package var low: Double
    package var high: Double
}

extension LossModel {
    private static let reach = 1e4...1e24

    /// The training level: the tokens at which the model first reaches `threshold` (QiD of a QiD law), the other
    /// conditions as given.
    /// - Throws: `noAnswer` if it does not between 10⁴ and 10²⁴ tokens.
    package func tokens(reaching threshold: Double, at conditions: Conditions) throws(ScalingLawsError) -> Estimate {
        let why = "the law does not reach \(threshold) between 1e4 and 1e24 tokens"
        let found = try estimate(why) { draw throws(ScalingLawsError) in
            try crossing(Self.reach, draw) { tokens throws(ScalingLawsError) in
                let there = tokens.map { conditions.with(tokens: $0) }
                return try values(at: there, draw: draw).map { .log($0) - .log(threshold) }
            }
        }
        guard case .law(let fit) = self else { return found }
        let widening = try fit.widening(at: conditions.with(tokens: found.value))
        return Estimate(
            value: found.value, low: found.value * .pow(found.low / found.value, widening),
            high: found.value * .pow(found.high / found.value, widening))
    }

    /// The tokens beyond which more training makes the compressed model worse: the minimum of its loss over D.
    /// - Throws: `noAnswer` if the loss falls or rises all the way from 10⁴ to 10²⁴ tokens.
    package func criticalTokens(at conditions: Conditions) throws(ScalingLawsError) -> Estimate {
        let step = 1e-4
        return try estimate("the loss has no minimum between 1e4 and 1e24 tokens") { draw throws(ScalingLawsError) in
            try crossing(Self.reach, draw) { tokens throws(ScalingLawsError) in
                let above = try values(at: tokens.map { conditions.with(tokens: $0 * .exp(step)) }, draw: draw)
                let below = try values(at: tokens.map { conditions.with(tokens: $0 * .exp(-step)) }, draw: draw)
                return zip(above, below).map { $0 - $1 }
            }
        }
    }

    /// The size N of the 16-bit model above or below which a compressed model of equal memory, with 16/bits times its
    /// parameters and the same tokens, changes from worse to better or back.
    /// - Parameters:
    ///   - compressed: bits, scheme and tokens of the compressed model; `params` is not used.
    ///   - dense: the same of the 16-bit model.
    ///   - bitsPerWeight: what the compressed model stores, scales included; nil for its bits.
    /// - Throws: `noAnswer` if one of them is better at every size from 10⁴ to 10¹⁵.
    package func sizeOfEqualLoss(
        compressed: Conditions, dense: Conditions, bitsPerWeight: Double? = nil
    ) throws(ScalingLawsError) -> Estimate {
        guard let bits = bitsPerWeight ?? compressed.bits, bits > 0 else {
            throw .noAnswer("the bits per weight of the compressed model are not given")
        }
        let why = "one of the two is better at every size between 1e4 and 1e15"
        return try estimate(why) { draw throws(ScalingLawsError) in
            try crossing(1e4...1e15, draw) { sizes throws(ScalingLawsError) in
                let large = try values(at: sizes.map { compressed.with(params: $0 * 16 / bits) }, draw: draw)
                let small = try values(at: sizes.map { dense.with(params: $0) }, draw: draw)
                return zip(large, small).map { $0 - $1 }
            }
        }
    }

    /// The fewest bits of those offered whose QiD stays within a budget: by the estimate, and by the upper end of its
    /// interval. Nil where none does.
    package func fewestBits(
        within budget: Double, at conditions: Conditions, among bits: [Double] = [2, 3, 4, 5, 6, 8]
    ) throws(ScalingLawsError) -> (likely: Double?, safe: Double?) {
        guard case .law(let fit) = self, fit.law.quantity == .qid else {
            throw .noAnswer("a budget of QiD needs a law of QiD")
        }
        let offered = bits.sorted()
        let predictions = try fit.predict(offered.map { conditions.with(bits: $0) })
        return (
            zip(offered, predictions).first { $0.1.value <= budget }?.0,
            zip(offered, predictions).first { $0.1.high <= budget }?.0
        )
    }

    /// The answer for the best parameters with percentiles of the draws' answers.
    private func estimate(
        _ failure: String, _ answer: (Int?) throws(ScalingLawsError) -> Double?
    ) throws(ScalingLawsError) -> Estimate {
        guard let value = try answer(nil) else { throw .noAnswer(failure) }
        var answers: [Double] = []
        for draw in 0..<min(drawCount, 400) { answers.append(try answer(draw) ?? .infinity) }
        answers.sort()
        guard answers.count >= 20 else { return Estimate(value: value, low: value, high: value) }
        let low = answers[Int(Double(answers.count - 1) * Interval.tail)]
        let high = answers[Int((Double(answers.count - 1) * (1 - Interval.tail)).rounded(.up))]
        return Estimate(value: value, low: min(low, value), high: max(high, value))
    }

    /// The first x in the range, from below, at which a function changes sign; by logarithmic scans, each in what the
    /// one before found: to 1e-9 for the best parameters, to 1e-4 for a draw, whose percentiles are no better known.
    private func crossing(
        _ range: ClosedRange<Double>, _ draw: Int?, _ function: ([Double]) throws(ScalingLawsError) -> [Double]
    ) throws(ScalingLawsError) -> Double? {
        var (low, high) = (Double.log(range.lowerBound), Double.log(range.upperBound))
        let points = 64
        for _ in 0..<(draw == nil ? 6 : 3) {
            let grid = (0...points).map { low + (high - low) * Double($0) / Double(points) }
            let values = try function(grid.map { .exp($0) })
            let found = (1...points).first { index in
                values[index - 1].isFinite && values[index].isFinite
                    && (values[index - 1] < 0) != (values[index] < 0)
            }
            guard let found else { return nil }
            (low, high) = (grid[found - 1], grid[found])
        }
        return .exp((low + high) / 2)
    }
}

extension Conditions {
    func with(params: Double? = nil, tokens: Double? = nil, bits: Double? = nil) -> Conditions {
        var copy = self
        copy.params = params ?? copy.params
        copy.tokens = tokens ?? copy.tokens
        copy.bits = bits ?? copy.bits
        return copy
    }
}
