package import ScalingLaws

/// A checkpoint as laws see it: how large, how long trained, and of which series.
package struct MeasuredModel: Sendable, Equatable {
    /// The checkpoint's digest.
    package var checkpoint: String
    package var size: ModelSize
    package var family: String
    /// Which training run it is of.
    package var run: TrainingRun
    package var step: Int?
    /// D, training tokens seen; nil where nobody said.
    package var tokens: Double?
    package var phase: LearningRatePhase
    /// Whether a finding says that its weights or its D are not what they seem.
    package var isDoubtful: Bool

    package init(
        checkpoint: String, size: ModelSize, family: String, run: TrainingRun = TrainingRun(), step: Int? = nil,
        tokens: Double? = nil, phase: LearningRatePhase = .unknown, isDoubtful: Bool = false
    ) {
        (self.checkpoint, self.size, self.family, self.run) = (checkpoint, size, family, run)
        (self.step, self.tokens, self.phase, self.isDoubtful) = (step, tokens, phase, isDoubtful)
    }

    /// N, non-embedding parameters.
    package var params: Double { Double(size.nonEmbeddingParameters) }
}
