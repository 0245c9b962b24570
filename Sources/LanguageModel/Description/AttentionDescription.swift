/// Causal self-attention of one layer.
package struct AttentionDescription: Sendable, Equatable {
    /// Query heads.
    package var headCount: Int
    /// Key and value heads; each serves headCount / keyValueHeadCount query heads in order.
    package var keyValueHeadCount: Int
    package var headSize: Int
    package var projections: AttentionProjections
    package var output: LinearDescription
    /// Norms of queries and keys before the rotation.
    package var queryNorm: HeadNorm?
    package var keyNorm: HeadNorm?
    /// Queries, keys and values are clamped to ±clip (OLMo).
    package var clip: Float?
    /// Whether they are clamped behind the norms of queries and keys (OLMoE), not in front of them.
    package var clipsBehindNorms = false
    package var rotary: RotaryDescription?
    /// A query sees itself and the slidingWindow − 1 tokens before it, or all.
    package var slidingWindow: Int?
    /// Scores are scale · q·k.
    package var scale: Float
    /// Scores are bounded to cap·tanh(score/cap) (Gemma 2).
    package var softCap: Float?
    /// What each head adds to scores by the key's position (ALiBi).
    package var positionBias: PositionBias?
    /// The tensor with a score for each query head that belongs to no key (GPT-OSS).
    package var sinks: ParameterTensor?

    package var queryWidth: Int { headCount * headSize }
    package var keyValueWidth: Int { keyValueHeadCount * headSize }
}

/// The linear layers that give queries, keys and values.
package enum AttentionProjections: Sendable, Equatable {
    case separate(query: LinearDescription, key: LinearDescription, value: LinearDescription)
    /// One linear layer; its outputs are q, k, v of head 0, then of head 1, … (GPT-NeoX), or of one key head after the
    /// other all queries that it serves, k and v (Falcon).
    case interleaved(LinearDescription)
    /// One linear layer; its outputs are all queries, then all keys, then all values (GPT-2).
    case concatenated(LinearDescription)
}

/// A norm of queries or keys: over each head by itself (Qwen 3) or over all of them at once (OLMo 2).
///
/// A norm over each head whose width is that of all heads has weights of its own for each (Cohere).
package struct HeadNorm: Sendable, Equatable {
    package var norm: NormDescription
    package var perHead: Bool
    /// The number of modules that the weights are spread over, `module.0`, `module.1`, …, if they are (StableLM).
    package var parts: Int?

    /// The norms as they are stored.
    package var stored: [NormDescription] {
        guard let parts, let module = norm.module else { return [norm] }
        return (0..<parts).map { norm.resized(norm.width / parts).named("\(module).\($0)") }
    }
}

extension AttentionDescription {
    /// The usual factor on scores, 1/√headSize.
    static func scale(headSize: Int) -> Float { Float(1 / Double(headSize).squareRoot()) }
}

extension AttentionProjections {
    /// The linear layers, one or three.
    package var linearLayers: [LinearDescription] {
        switch self {
        case .separate(let query, let key, let value): [query, key, value]
        case .interleaved(let linear), .concatenated(let linear): [linear]
        }
    }
}
