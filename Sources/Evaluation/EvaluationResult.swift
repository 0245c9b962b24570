import LanguageModel
import RealModule

/// What an evaluation says of one variant; all in nats per scored token unless said otherwise.
package struct EvaluationResult: Sendable, Equatable {
    package let name: String
    /// Σ nll / number of scored tokens.
    package let loss: Double
    /// Σ nll of each window, in nats, in the order in which they were scored.
    package let windowNLL: [Double]
    /// Σ KL of each window, in nats.
    package let windowKL: [Double]
    /// Where each window stands among the shard's, from 0.
    package let windowPlaces: [Int]
    /// Scored tokens of each window.
    package let windowTokens: [Int]
    /// Scored tokens of all windows together: Σ window_nll = loss · tokens.
    package let tokens: Int
    /// The baseline's loss on the same windows.
    package let baselineLoss: Double
    /// Loss less the baseline's, on the same tokens.
    package let qid: Double
    /// The standard error of QiD (see ``WindowBlocks``); nil for a single window.
    package let qidStandardError: Double?
    /// Mean KL(p of the baseline ‖ p of this variant).
    package let kl: Double
    /// The standard error of KL, likewise.
    package let klStandardError: Double?
    /// The standard error of ρ = QiD/KL, that of the mean of d − ρ·k over KL, d and k the windows' QiD and KL; nil for a
    /// single window, and where KL is 0.
    package let ratioStandardError: Double?
    /// The share of scored positions where both hold the same token for the likeliest.
    package let agreement: Double
    /// Stored bits per linear weight inside decoder layers, scales and zero points included.
    package let bitsPerWeight: Double
    /// The module behind which values were no longer finite; the figures above are then not numbers.
    package let notFiniteAfter: String?

    /// exp(loss).
    package var perplexity: Double { .exp(loss) }

    /// The baseline has at least as many windows, from the same first one on; `shard` are all that there are to score.
    init(
        name: String, bitsPerWeight: Double, score: VariantScore, baseline: VariantScore, shard: ShardWindows
    ) {
        precondition(score.windows.count <= baseline.windows.count)
        let windows = score.windows
        windowTokens = windows.map(\.scoredTokens)
        tokens = windowTokens.reduce(0, +)
        let count = Double(tokens)
        windowPlaces = Array(shard.places.prefix(windows.count))
        // Windows of one length weigh 1 exactly.
        let longest = Double(windowTokens.max() ?? 1)
        let weights = windowTokens.map { Double($0) / longest }
        let differences = zip(windows, baseline.windows).map { window, base in
            (window.negativeLogLikelihood - base.negativeLogLikelihood) / Double(window.scoredTokens)
        }
        let divergences = windows.map { $0.divergence / Double($0.scoredTokens) }
        self.name = name
        self.bitsPerWeight = bitsPerWeight
        windowNLL = windows.map(\.negativeLogLikelihood)
        windowKL = windows.map(\.divergence)
        loss = windowNLL.reduce(0, +) / count
        baselineLoss = baseline.windows.prefix(windows.count).reduce(0) { $0 + $1.negativeLogLikelihood } / count
        qid = zip(differences, weights).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
        kl = windowKL.reduce(0, +) / count
        let blocks = shard.errorBlocks(windows.count)
        qidStandardError = blocks.standardError(ofMean: differences, weights: weights)
        klStandardError = blocks.standardError(ofMean: divergences, weights: weights)
        let ratio = qid / kl
        let size = kl
        ratioStandardError =
            kl > 0
            ? blocks.standardError(
                ofMean: zip(differences, divergences).map { $0 - ratio * $1 }, weights: weights
            ).map { $0 / size }
            : nil
        agreement = Double(windows.reduce(0) { $0 + $1.agreements }) / count
        notFiniteAfter = score.notFiniteAfter
    }
}
