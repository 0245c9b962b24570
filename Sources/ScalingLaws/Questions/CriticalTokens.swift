import RealModule

/// The tokens beyond which more training makes a compressed model worse.
package struct CriticalTokens: Sendable, Equatable {
    /// The size and the compression; `tokens` is the answer, 0 without one.
    package var at: Conditions
    /// The minimum of the compressed model's loss over D, with its 95 % interval, whose end is infinite where there may be
    /// none; nil where the loss falls or rises all the way from 10⁴ to 10²⁴ tokens.
    package var tokens: Estimate?
    /// Without an answer: whether the loss falls all the way.
    package var alwaysFalls: Bool
    /// Factors beyond the data, as in `Prediction`; nil without an answer.
    package var beyondHull: Double?
}

extension LossModel {
    /// The tokens beyond which more training makes the model at these conditions worse, whose own tokens are not used:
    /// d(Loss16 + QiD)/dD = 0.
    package func criticalTokens(at conditions: Conditions) throws(ScalingLawsError) -> CriticalTokens {
        let step = 1e-4
        let found = try change(over: Self.reach) { (tokens, draws) throws(ScalingLawsError) in
            let above = try values(at: tokens.map { conditions.with(tokens: $0 * .exp(step)) }, draws)
            let below = try values(at: tokens.map { conditions.with(tokens: $0 * .exp(-step)) }, draws)
            return zip(above, below).map { above, below in zip(above, below).map { $0 - $1 } }
        } widening: { (tokens) throws(ScalingLawsError) in
            try widening(at: [conditions.with(tokens: tokens)])
        }
        var answer = CriticalTokens(at: conditions.with(tokens: 0), tokens: nil, alwaysFalls: false, beyondHull: nil)
        switch found {
        case .never(let isNegative): answer.alwaysFalls = isNegative
        case .at(let estimate, let isNegativeBelow):
            guard isNegativeBelow else { return answer }
            answer.tokens = estimate
            answer.at.tokens = estimate.value
            answer.beyondHull = beyondHull(answer.at)
        }
        return answer
    }
}
