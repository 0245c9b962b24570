/// The tokens at which QiD reaches a threshold, for one size and form of compression.
package struct TrainingLevel: Sendable, Equatable {
    /// The size and the compression; `tokens` is the answer, 0 without one.
    package var at: Conditions
    /// QiD, nats per token.
    package var threshold: Double
    /// The tokens with their 95 % interval, whose end is infinite where the threshold may never be reached; nil where
    /// the law does not reach it between 10⁴ and 10²⁴ tokens.
    package var tokens: Estimate?
    /// Factors beyond the data, as in `Prediction`; nil without an answer.
    package var beyondHull: Double?

    /// The QiD that costs a fifth of the likelihood of each token: e^−0.2 ≈ 0.8 (arXiv 2411.17691).
    package static let usualThreshold = 0.2
}

extension Fit {
    /// The training level of every size at every bit width, and how far outside the data each lies.
    /// - Throws: `noAnswer` if the law is not one of QiD; `unknownLevel` and `missingCondition` as predictions do.
    package func trainingLevels(
        _ threshold: Double, params: [Double], bits: [Double?], like conditions: Conditions? = nil
    ) throws(ScalingLawsError) -> [TrainingLevel] {
        guard law.quantity.isDegradation else { throw .noAnswer("a training level needs a law of QiD or KL") }
        var levels: [TrainingLevel] = []
        for params in params {
            for bits in bits {
                var place = conditions ?? Conditions(params: params, tokens: 1)
                (place.params, place.tokens, place.bits) = (params, 1, bits)
                levels.append(try trainingLevel(threshold, at: place))
            }
        }
        return levels
    }

    /// The training level at conditions, whose tokens are not used.
    package func trainingLevel(
        _ threshold: Double, at conditions: Conditions
    ) throws(ScalingLawsError) -> TrainingLevel {
        var level = TrainingLevel(at: conditions, threshold: threshold, tokens: nil, beyondHull: nil)
        level.at.tokens = 0
        do throws(ScalingLawsError) {
            level.tokens = try LossModel.law(self).tokens(reaching: threshold, at: conditions)
        } catch {
            guard case .noAnswer = error else { throw error }
            return level
        }
        level.at.tokens = level.tokens?.value ?? 0
        level.beyondHull = beyondHull(level.at)
        return level
    }

    /// Factors beyond the data, as in `Prediction`.
    package func beyondHull(_ conditions: Conditions) -> Double {
        guard let formula = try? Formula(law) else { return .nan }
        return Hull(residuals.map(\.point.conditions), of: formula.expression.variables).factorBeyond(conditions)
    }
}
