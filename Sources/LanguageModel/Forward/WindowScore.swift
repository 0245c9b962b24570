/// What one window says of one variant; sums are Double, in the order of the tokens.
package struct WindowScore: Sendable, Equatable {
    /// Σ −ln p(token | tokens before it), in nats.
    package var negativeLogLikelihood: Double
    /// Σ KL(p of the baseline ‖ p of the variant), in nats.
    package var divergence: Double
    /// The scored positions where baseline and variant hold the same token for the likeliest.
    package var agreements: Int
    package var scoredTokens: Int

    package init(
        negativeLogLikelihood: Double = 0, divergence: Double = 0, agreements: Int = 0, scoredTokens: Int
    ) {
        self.negativeLogLikelihood = negativeLogLikelihood
        self.divergence = divergence
        self.agreements = agreements
        self.scoredTokens = scoredTokens
    }
}

/// All windows' scores of one variant.
package struct VariantScore: Sendable, Equatable {
    package var windows: [WindowScore]
    /// The module behind which values were no longer finite, if that happened: the scores are then not numbers.
    package var notFiniteAfter: String?

    package init(windows: [WindowScore] = [], notFiniteAfter: String? = nil) {
        self.windows = windows
        self.notFiniteAfter = notFiniteAfter
    }
}

/// How a run scores, and what bounds it.
package struct ScoringOptions: Sendable {
    package var scored: ScoredTokens
    /// Bytes for activations of all variants together; weights stay mapped and are not counted.
    package var memoryBudget: Int

    package init(scored: ScoredTokens = .all, memoryBudget: Int = 256 << 20) {
        self.scored = scored
        self.memoryBudget = memoryBudget
    }
}

/// How a caller follows a run and stops it.
package struct RunControl: Sendable {
    /// Called with the share of the run's arithmetic that is done, from 0 to 1, in order.
    package var progress: @Sendable (Double) -> Void
    /// Asked between layers; the run ends with `LanguageModelError.cancelled` soon after this turns true.
    package var isCancelled: @Sendable () -> Bool

    package init(
        progress: @escaping @Sendable (Double) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.progress = progress
        self.isCancelled = isCancelled
    }
}
