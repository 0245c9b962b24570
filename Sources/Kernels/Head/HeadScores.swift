/// What the output head says of each row for one variant, in nats.
///
/// Rows whose target is −1 are not scored: their values are zero, their arg max −1.
package struct HeadScores: Sendable, Equatable {
    /// −log p(target): the log-sum-exp less the target's logit.
    package var negativeLogLikelihood: [Double]
    /// log Σ exp(logit) over the vocabulary.
    package var logSumExp: [Double]
    /// The token with the largest logit, the lowest of several.
    package var argMax: [Int32]
    /// KL(p of the baseline ‖ p of this variant), zero for the baseline itself.
    package var divergence: [Double]

    /// Scores of no rows yet; `scoreHead` gives them their size.
    package init() {
        negativeLogLikelihood = []
        logSumExp = []
        argMax = []
        divergence = []
    }

    init(rows: Int) {
        negativeLogLikelihood = Array(repeating: 0, count: rows)
        logSumExp = negativeLogLikelihood
        argMax = Array(repeating: -1, count: rows)
        divergence = negativeLogLikelihood
    }
}
