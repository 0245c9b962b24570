/// A loss, of a checkpoint as it is stored or compressed, with what the laws of loss say it depends on.
///
/// A row of the warehouse's view `loss`.
package struct MeasuredLoss: Sendable, Equatable {
    /// The key of the evaluation.
    package var evaluation: String
    package var model: MeasuredModel
    /// By what it was compressed; nil for a baseline.
    package var spec: String?
    package var form: Form
    /// In nats per scored token; of an evaluation that stopped by itself, the baseline's loss plus its QiD.
    package var loss: Double

    package init(evaluation: String, model: MeasuredModel, spec: String?, form: Form, loss: Double) {
        (self.evaluation, self.model, self.spec, self.form, self.loss) = (evaluation, model, spec, form, loss)
    }

    /// What numbers the weights and inputs are, from a spec or from training.
    package struct Form: Sendable, Equatable {
        /// `dense` for a baseline that was not trained under compression.
        package var scheme: String
        /// P, nominal bits per weight; nil where they are not quantized.
        package var bits: Double?
        /// Bits per activation that the model was trained under.
        package var nativeActivationBits: Int?
        /// The share of zero weights that the model was trained under.
        package var nativeSparsity: Double?

        package init(
            scheme: String, bits: Double? = nil, nativeActivationBits: Int? = nil, nativeSparsity: Double? = nil
        ) {
            (self.scheme, self.bits, self.nativeActivationBits) = (scheme, bits, nativeActivationBits)
            self.nativeSparsity = nativeSparsity
        }

        /// What the warehouse calls a baseline that was not trained under compression.
        package static let dense = "dense"
    }
}
