/// Everything one forward pass needs to know about a decoder: sizes, parts, order and the names of the tensors.
///
/// A family is not a forward pass of its own; it is a function from a configuration to a value of this type, in one
/// short file under `Families/`, and an entry of ``Family/all``. The forward pass reads the description only; what the model has
/// for ``parameters`` follows from it as well.
///
/// Shapes: T tokens, d = ``width``, V = ``vocabularySize``.
package struct DecoderDescription: Sendable, Equatable {
    /// The configuration's `model_type`; ``Family`` fills it in.
    package var modelType = ""
    /// V, the number of token ids.
    package var vocabularySize: Int
    /// d, the width of the residual stream.
    package var width: Int
    /// Token ids to rows of the residual stream.
    package var embedding: EmbeddingDescription
    /// The layers in the order in which they run.
    package var layers: [LayerDescription]
    /// The norm after the last layer.
    package var finalNorm: NormDescription?
    /// The linear layer from d to the embedding's width in front of the head, where the two differ (OPT-350m).
    package var outputProjection: LinearDescription?
    /// The module that holds the head's weight [V, embedding width]; a tied head names the embedding.
    package var head: String
    /// The bias [V] that is added to logits, if there is one (GPT-J, Phi).
    package var headBias: ParameterTensor?
    /// Logits are multiplied by it (Cohere, Granite).
    package var logitScale: Float = 1
    /// Logits are bounded to cap·tanh(logit/cap) (Gemma 2).
    package var logitSoftCap: Float?
    /// Whether the configuration ties the head to the embedding; a checkpoint may store it all the same.
    package var tiesHead: Bool
    /// Constants that a checkpoint may hold beside each layer's parameters, by their names inside a layer; ``Family``
    /// fills them in.
    package var buffers: [String] = []
}

/// How token ids and positions enter the residual stream.
package struct EmbeddingDescription: Sendable, Equatable {
    /// The module with the weight [V, ``width``].
    package var module: String
    package var width: Int
    /// The linear layer from the embedding's width to d, where the two differ (OPT-350m).
    package var projection: LinearDescription?
    /// Token embeddings are multiplied by it (Gemma, Granite).
    package var scale: Float = 1
    package var positions: LearnedPositions?
    /// A norm of what enters the first layer (BLOOM).
    package var norm: NormDescription?
}

/// A table with one vector for each position, added to the token embeddings.
package struct LearnedPositions: Sendable, Equatable {
    /// The module with the weight [``count`` + ``offset``, d].
    package var module: String
    package var count: Int
    /// The row of position 0 (OPT: 2).
    package var offset: Int
    /// The configuration key that says how many there are.
    package var key: String
}

/// One linear layer y = x·Wᵀ + b by the name of its module.
package struct LinearDescription: Sendable, Equatable {
    package var module: String
    package var inputs: Int
    package var outputs: Int
    package var bias = false
    /// Whether the weight is stored [inputs, outputs] (GPT-2's Conv1D) rather than [outputs, inputs].
    package var transposed = false
    package var bitLinear: BitLinearForm?
    /// The modules that are given the same inputs, this one among them, in byte order; empty where it is the only one.
    package var stack: [String] = []
}

/// A linear layer that rounds its inputs to 8 bits for each token and has a ternary weight (BitNet b1.58, arXiv 2402.17764).
package enum BitLinearForm: Sendable, Equatable {
    /// The stored weight is a full one, made ternary whenever it is used:
    /// W ← clamp(round(W·s), −1, 1)/s with s = 1/mean|W|.
    case full
    /// Four codes a byte, and a `weight_scale` that the product is multiplied by, or divided by.
    case packed(scaleDivides: Bool)
}

/// A normalization of rows of the residual stream or of a part of it.
package struct NormDescription: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// y = (x − mean) / sqrt(variance + ε) · w + b
        case layer
        /// y = x / sqrt(mean x² + ε) · w
        case rootMeanSquare
    }

    package var kind: Kind
    package var epsilon: Float
    /// The module with `weight` (and `bias`), or nil for a norm without parameters.
    package var module: String?
    package var bias = false
    package var width: Int
    /// What is added to the stored weight: 1 where weights are stored less one (Gemma, Nemotron).
    package var weightOffset: Float = 0
}

/// One decoder layer: attention, then a feed-forward network, each inside a residual connection.
package struct LayerDescription: Sendable, Equatable {
    /// The module of the layer, for messages.
    package var module: String
    package var attention: AttentionDescription
    package var attentionNorms: SublayerNorms
    package var feedForward: FeedForward
    package var mlpNorms: SublayerNorms
    /// Whether both read the layer's input (GPT-NeoX, GPT-J) or the second reads the first's result.
    package var parallel = false
    /// What a sublayer makes is multiplied by it before it is added to the residual stream (Granite).
    package var residualScale: Float = 1
}

/// Where a sublayer f normalizes: x ← afterResidual(x + after(f(before(x)))), `inside` before f's last linear layer.
package struct SublayerNorms: Sendable, Equatable {
    package var before: NormDescription?
    package var inside: NormDescription?
    package var after: NormDescription?
    package var afterResidual: NormDescription?
}

extension NormDescription {
    /// The same norm with the parameters of a module.
    func named(_ module: String) -> NormDescription {
        var norm = self
        norm.module = module
        return norm
    }

    /// The same norm over rows of another width.
    func resized(_ width: Int) -> NormDescription {
        var norm = self
        norm.width = width
        return norm
    }
}
