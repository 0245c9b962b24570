package import Compression
package import Evaluation
package import LanguageModel

/// A checkpoint under a spec with what that cost it: what reports show and laws of QiD are fitted to.
///
/// A row of the warehouse's view `qid`; losses in nats per scored token.
package struct MeasuredCell: Sendable, Equatable {
    /// The key of the evaluation.
    package var evaluation: String
    package var model: MeasuredModel
    package var spec: Spec
    /// As stored, scales and zero points included.
    package var bitsPerWeight: Double
    package var scored: ScoredText
    package var loss: Double
    /// What compression did to the layers; nil where no text was given.
    package var distortion: Distortion?
    package var degradation: Degradation

    package init(
        evaluation: String, model: MeasuredModel, spec: Spec, bitsPerWeight: Double, scored: ScoredText, loss: Double,
        distortion: Distortion? = nil, degradation: Degradation
    ) {
        self.distortion = distortion
        (self.evaluation, self.model, self.spec, self.bitsPerWeight) = (evaluation, model, spec, bitsPerWeight)
        (self.scored, self.loss, self.degradation) = (scored, loss, degradation)
    }

    /// The errors of a compressed checkpoint's layers, and how much the checkpoint minds such errors.
    package struct Distortion: Sendable, Equatable {
        /// Under which the errors of the layers stand recorded.
        package var key: String
        /// ō, the mean over sublayers of how far what is read behind them moves.
        package var mean: Double
        /// The mean over layers of the squared error of their weights, relative.
        package var weightError: Double
        /// S = KL/ō of the checkpoint's probe; nil where there is none that holds.
        package var sensitivity: Double?
        /// QiD/ō of the probe, likewise.
        package var qidSensitivity: Double?
        /// ln V − L₁₆, likewise.
        package var ceiling: Double?

        package init(
            key: String, mean: Double, weightError: Double, sensitivity: Double?, qidSensitivity: Double?,
            ceiling: Double?
        ) {
            self.key = key
            (self.mean, self.weightError, self.sensitivity) = (mean, weightError, sensitivity)
            (self.qidSensitivity, self.ceiling) = (qidSensitivity, ceiling)
        }
    }

    /// The text that a cell was scored on.
    package struct ScoredText: Sendable, Equatable {
        /// The shard's name: `heldout.jsonl.zst`.
        package var shard: String
        /// Tokens a window.
        package var context: Int
        package var tokens: ScoredTokens
        package var order: WindowOrder
        /// By which rules the text became windows; nil where nobody recorded them.
        package var rules: WindowRules?
        /// Bytes of text for each token; nil where the shard holds ids or nobody recorded it.
        package var bytesPerToken: Double?
        /// Windows scored.
        package var windows: Int
        /// Nil where the number of windows was asked for.
        package var stopping: Stopping?

        package init(
            shard: String, context: Int, tokens: ScoredTokens, order: WindowOrder = .usual,
            rules: WindowRules? = nil, bytesPerToken: Double? = nil, windows: Int, stopping: Stopping? = nil
        ) {
            (self.shard, self.context, self.tokens, self.order) = (shard, context, tokens, order)
            (self.rules, self.bytesPerToken) = (rules, bytesPerToken)
            (self.windows, self.stopping) = (windows, stopping)
        }
    }

    /// What a cell that stopped by itself was asked for.
    package struct Stopping: Sendable, Equatable {
        /// Windows that there would have been.
        package var availableWindows: Int
        package var target: PrecisionTarget

        package init(availableWindows: Int, target: PrecisionTarget) {
            self.availableWindows = availableWindows
            self.target = target
        }
    }
}

extension MeasuredCell {
    package var family: String { model.family }
    /// N, non-embedding parameters.
    package var params: Double { model.params }
    /// D, training tokens seen; nil where nobody said.
    package var tokens: Double? { model.tokens }
    /// The label by which laws know the spec's form.
    package var scheme: String { spec.scheme }
    /// P, nominal bits per weight.
    package var bits: Double { spec.nominalBits }
    package var qid: Double { degradation.qid }
    /// The loss for each byte of text, in bits; nil where nobody knows how many bytes there were.
    package var bitsPerByte: Double? {
        scored.bytesPerToken.map { Records.bitsPerByte(loss: loss, bytesPerToken: $0) }
    }

    /// Names the checkpoint and all that it was scored on: cells of one place differ in nothing but their spec.
    package var place: String {
        let stopping = scored.stopping
        let parts = [
            model.checkpoint, scored.shard, scored.tokens.rawValue, "\(stopping?.availableWindows ?? scored.windows)",
            "\(scored.context)", "\(scored.order)", "\(scored.rules ?? WindowRules())",
            stopping.map { "\($0.target)" } ?? "",
        ]
        return parts.joined(separator: " ")
    }
}
