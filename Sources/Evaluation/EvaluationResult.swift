import LanguageModel
import RealModule

/// What an evaluation says of one variant; all in nats per scored token unless said otherwise.
package struct EvaluationResult: Sendable, Equatable {
    package let name: String
    /// Σ nll / number of scored tokens.
    package let loss: Double
    /// Σ nll of each window, in nats.
    package let windowNLL: [Double]
    /// Scored tokens of all windows together: Σ window_nll = loss · tokens.
    package let tokens: Int
    /// The baseline's loss on the same windows.
    package let baselineLoss: Double
    /// Loss less the baseline's, on the same tokens.
    package let qid: Double
    /// The standard error of the mean of per-window differences; nil for a single window.
    package let qidStandardError: Double?
    /// Mean KL(p of the baseline ‖ p of this variant).
    package let kl: Double
    /// The share of scored positions where both hold the same token for the likeliest.
    package let agreement: Double
    /// Stored bits per linear weight inside decoder layers, scales and zero points included.
    package let bitsPerWeight: Double
    /// The module behind which values were no longer finite; the figures above are then not numbers.
    package let notFiniteAfter: String?

    /// exp(loss).
    package var perplexity: Double { .exp(loss) }

    /// The baseline has at least as many windows, from the same first one on.
    init(name: String, bitsPerWeight: Double, score: VariantScore, baseline: VariantScore) {
        precondition(score.windows.count <= baseline.windows.count)
        tokens = score.windows.reduce(0) { $0 + $1.scoredTokens }
        let count = Double(tokens)
        let differences = zip(score.windows, baseline.windows).map { window, base in
            (window.negativeLogLikelihood - base.negativeLogLikelihood) / Double(window.scoredTokens)
        }
        let paired = PairedDifference(differences)
        self.name = name
        self.bitsPerWeight = bitsPerWeight
        windowNLL = score.windows.map(\.negativeLogLikelihood)
        loss = windowNLL.reduce(0, +) / count
        baselineLoss =
            baseline.windows.prefix(score.windows.count).reduce(0) { $0 + $1.negativeLogLikelihood } / count
        qid = paired.mean
        qidStandardError = paired.standardError
        kl = score.windows.reduce(0) { $0 + $1.divergence } / count
        agreement = Double(score.windows.reduce(0) { $0 + $1.agreements }) / count
        notFiniteAfter = score.notFiniteAfter
    }
}
