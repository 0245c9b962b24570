/// Where a law is asked or was measured: model size, training tokens and how the model is compressed.
package struct Conditions: Sendable, Hashable {
    /// N, parameters; non-embedding unless the source of the points says otherwise.
    package var params: Double
    /// D, training tokens.
    package var tokens: Double
    /// P, nominal bits per weight; nil where unknown, 16 or more for an uncompressed model.
    package var bits: Double?
    /// Bits per activation; nil where activations are not quantized.
    package var activationBits: Double?
    /// G, weights per quantization group; nil for whole channels.
    package var group: Double?
    /// S, the share of weights that are zero, in 0..<1.
    package var sparsity: Double?
    /// The label of the form of compression, for laws with one effective parameter multiplier each.
    package var scheme: String?
    /// The mean squared error of the weights' number format on N(0, 1); nil for 2^bits evenly spaced levels.
    package var weightError: Double?
    /// Other numbers by the names of their columns: `params_total`, `width`, for laws that name them.
    package var columns: [String: Double] = [:]
    /// Values of columns by which parameters may be indexed: `phase`, `series`.
    package var labels: [String: String] = [:]

    package init(
        params: Double, tokens: Double, bits: Double? = nil, activationBits: Double? = nil, group: Double? = nil,
        sparsity: Double? = nil, scheme: String? = nil
    ) {
        (self.params, self.tokens, self.bits, self.activationBits) = (params, tokens, bits, activationBits)
        (self.group, self.sparsity, self.scheme) = (group, sparsity, scheme)
    }
}

/// One measurement: the conditions, what was measured there and where it came from.
package struct Point: Sendable, Hashable {
    package var conditions: Conditions
    /// Loss of the compressed model, nats per token.
    package var loss: Double?
    /// Loss(compressed) − loss(16-bit) on the same tokens, nats per token.
    package var qid: Double?
    /// Standard error of `qid`, nats per token.
    package var qidStderr: Double?
    /// KL(p of the 16-bit model ‖ p of the compressed one), nats per token.
    package var kl: Double?
    /// Standard error of `kl`, nats per token.
    package var klStderr: Double?
    /// Standard error of the tokens, where they were read off a table that rounds; tokens.
    package var tokensStderr: Double?
    /// The loss of a model that knows nothing, usually ln of the vocabulary's size, nats per token.
    package var lossAtChance: Double?
    /// The models of one recipe that it belongs to.
    package var family: String?
    /// The training run that the checkpoint is of.
    package var series: String?
    package var seed: String?
    /// The stage of training that the checkpoint is of.
    package var stage: String?
    /// What identifies the checkpoint: points of one checkpoint are resampled together.
    package var checkpoint: String?
    package var phase: LearningRatePhase

    package init(
        _ conditions: Conditions, loss: Double? = nil, qid: Double? = nil, qidStderr: Double? = nil,
        kl: Double? = nil, klStderr: Double? = nil, tokensStderr: Double? = nil, lossAtChance: Double? = nil,
        family: String? = nil, checkpoint: String? = nil,
        phase: LearningRatePhase = .unknown
    ) {
        (self.conditions, self.loss, self.qid, self.qidStderr) = (conditions, loss, qid, qidStderr)
        (self.kl, self.klStderr) = (kl, klStderr)
        (self.tokensStderr, self.lossAtChance, self.family) = (tokensStderr, lossAtChance, family)
        (self.checkpoint, self.phase) = (checkpoint, phase)
    }

    /// Loss of the 16-bit model, where both the loss and QiD are known.
    package var baselineLoss: Double? {
        guard let loss, let qid else { return nil }
        return loss - qid
    }

    /// What a law predicts, taken from this point.
    package func measured(_ quantity: Quantity) -> Double? {
        switch quantity {
        case .kl: kl
        case .qid: qid
        case .loss: loss
        }
    }

    /// The standard error of what a law predicts, where it is known.
    func standardError(of quantity: Quantity) -> Double? {
        switch quantity {
        case .kl: klStderr
        case .qid: qidStderr
        case .loss: nil
        }
    }
}

/// What a law predicts.
package enum Quantity: String, Sendable, Hashable, CaseIterable {
    /// KL divergence of the compressed model's predictions from the 16-bit model's, nats per token.
    case kl
    /// Quantization-induced degradation, nats per token.
    case qid
    /// Loss, nats per token.
    case loss

    /// Whether it is what compression does to a model, 0 in 16 bits.
    package var isDegradation: Bool { self != .loss }

    /// As people write it.
    package var symbol: String {
        switch self {
        case .kl: "KL"
        case .qid: "QiD"
        case .loss: "loss"
        }
    }
}
