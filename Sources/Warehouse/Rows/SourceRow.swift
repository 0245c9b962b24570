/// Where the learning rate stood when a checkpoint was saved.
package enum LearningRatePhase: String, Sendable, Equatable {
    case annealed
    case unannealed
    case unknown
}

/// The compression that a model was trained under.
package struct NativeCompressionRow: Sendable, Equatable {
    /// The label by which a law knows it.
    package var scheme: String
    /// Bits per weight; nil where weights are not quantized.
    package var bits: Double?
    /// Bits per activation; nil where activations are not quantized.
    package var activationBits: Int?
    /// The share of weights that are zero; nil where none need be.
    package var sparsity: Double?

    package init(scheme: String, bits: Double? = nil, activationBits: Int? = nil, sparsity: Double? = nil) {
        self.scheme = scheme
        self.bits = bits
        self.activationBits = activationBits
        self.sparsity = sparsity
    }
}

/// A place at which a checkpoint was found, with what is known of its training there.
///
/// It is a statement about an archive and no measurement: recording the place again replaces it.
package struct SourceRow: Sendable, Equatable {
    package var checkpoint: CheckpointRow
    package var path: String
    package var family: String
    package var step: Int?
    /// Training tokens seen, D of the laws; nil where nobody said.
    package var tokens: Int?
    package var phase: LearningRatePhase
    /// The compression that the model was trained under; nil for a dense one.
    package var native: NativeCompressionRow?
    /// The file's fingerprint when it was read.
    package var fingerprint: String?

    package init(
        checkpoint: CheckpointRow, path: String, family: String, step: Int?, tokens: Int?,
        phase: LearningRatePhase, native: NativeCompressionRow? = nil, fingerprint: String? = nil
    ) {
        self.checkpoint = checkpoint
        self.path = path
        self.family = family
        self.step = step
        self.tokens = tokens
        self.phase = phase
        self.native = native
        self.fingerprint = fingerprint
    }
}
