import RealModule

/// An answer with its 95 % interval; an end is 0 or infinite where draws have no answer.
package struct Estimate: Sendable, Equatable {
    package var value: Double
    package var low: Double
    package var high: Double
}

extension LossModel {
    static let reach = 1e4...1e24

    /// The training level: the tokens at which the model first reaches `threshold` (QiD of a QiD law), the other
    /// conditions as given.
    /// - Throws: `noAnswer` if it does not between 10⁴ and 10²⁴ tokens.
    package func tokens(reaching threshold: Double, at conditions: Conditions) throws(ScalingLawsError) -> Estimate {
        let found = try change(over: Self.reach) { (tokens, draws) throws(ScalingLawsError) in
            try values(at: tokens.map { conditions.with(tokens: $0) }, draws).map { row in
                row.map { .log($0) - .log(threshold) }
            }
        } widening: { (tokens) throws(ScalingLawsError) in
            try widening(at: [conditions.with(tokens: tokens)])
        }
        guard case .at(let estimate, _) = found else {
            throw .noAnswer("the law does not reach \(threshold) between 1e4 and 1e24 tokens")
        }
        return estimate
    }

    /// The fewest bits of those offered whose QiD stays within a budget: by the estimate, and by the upper end of its
    /// interval.
    ///
    /// Nil where none does.
    package func fewestBits(
        within budget: Double, at conditions: Conditions, among bits: [Double] = (2...16).map(Double.init)
    ) throws(ScalingLawsError) -> (likely: Double?, safe: Double?) {
        guard case .law(let fit) = self, fit.law.quantity.isDegradation else {
            throw .noAnswer("a budget of QiD or KL needs a law of it")
        }
        let offered = bits.sorted()
        let predictions = try fit.predict(offered.map { conditions.with(bits: $0) })
        return (
            zip(offered, predictions).first { $0.1.value <= budget }?.0,
            zip(offered, predictions).first { $0.1.high <= budget }?.0
        )
    }

    /// How much wider than the draws' percentiles an interval must be, for so few clusters: the most that any of the
    /// fits asks for at any of these places.
    func widening(at conditions: [Conditions]) throws(ScalingLawsError) -> Double {
        var most = 1.0
        for place in conditions {
            switch self {
            case .law(let fit): most = max(most, try fit.widening(at: place))
            case .sum(let baseline, let qid):
                most = max(most, try baseline.widening(at: place.uncompressed))
                if (place.bits ?? 16) < 16 { most = max(most, try qid.widening(at: place)) }
            }
        }
        return most
    }

    /// Factors beyond the data, as in `Prediction`; of two laws the larger.
    package func beyondHull(_ conditions: Conditions) -> Double {
        switch self {
        case .law(let fit): fit.beyondHull(conditions)
        case .sum(let baseline, let qid):
            max(
                baseline.beyondHull(conditions.uncompressed),
                (conditions.bits ?? 16) < 16 ? qid.beyondHull(conditions) : 1)
        }
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
