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
    package var rotary: RotaryDescription?
    /// A query sees itself and the slidingWindow − 1 tokens before it, or all.
    package var slidingWindow: Int?
    /// Scores are scale · q·k.
    package var scale: Float

    package var queryWidth: Int { headCount * headSize }
    package var keyValueWidth: Int { keyValueHeadCount * headSize }
}

/// The linear layers that give queries, keys and values.
package enum AttentionProjections: Sendable, Equatable {
    case separate(query: LinearDescription, key: LinearDescription, value: LinearDescription)
    /// One linear layer; its outputs are q, k, v of head 0, then of head 1, … (GPT-NeoX).
    case interleaved(LinearDescription)
    /// One linear layer; its outputs are all queries, then all keys, then all values (GPT-2).
    case concatenated(LinearDescription)
}

/// A norm of queries or keys: over each head by itself (Qwen 3) or over all of them at once (OLMo 2).
package struct HeadNorm: Sendable, Equatable {
    package var norm: NormDescription
    package var perHead: Bool
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
