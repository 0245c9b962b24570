/// How many parameters a model has, whatever form its weights are stored in.
///
/// A tied output head is the token embedding and counts once; one that is stored beside it with other values is none. Buffers that old checkpoints carry along (causal masks,
/// rotary frequencies) and what compression adds (scales, zero points, code books) are no parameters; a compressed
/// weight counts as many parameters as it has when it is decompressed.
package struct ParameterCount: Sendable, Equatable {
    /// All parameters.
    package let total: Int
    /// N: all but token and position embeddings and the output head.
    package let nonEmbedding: Int

    package init(total: Int, nonEmbedding: Int) {
        self.total = total
        self.nonEmbedding = nonEmbedding
    }

    /// Counts the parameters of an open checkpoint.
    package init(_ checkpoint: Checkpoint) throws(CheckpointError) {
        let tied = try checkpoint.config.tiesWordEmbeddings()
        let embedding = checkpoint.tensors.values.first { ParameterRole(tensor: $0.info.name) == .tokenEmbedding }
        var total = 0
        var nonEmbedding = 0
        for tensor in checkpoint.tensors.values {
            let role = ParameterRole(tensor: tensor.info.name)
            let isTied = role == .outputHead && tied && embedding.map(tensor.hasValues(of:)) ?? false
            guard !tensor.isBuffer, !isTied else { continue }
            let count = try StoredWeight(tensor, of: checkpoint).parameterCount()
            let (sum, overflow) = total.addingReportingOverflow(count)
            guard !overflow else { throw .impossibleCount(file: checkpoint.config.file) }
            total = sum
            nonEmbedding += role == .inner ? count : 0
        }
        self.init(total: total, nonEmbedding: nonEmbedding)
    }
}

/// What part of a model a tensor belongs to, by the names that the families of transformers use.
enum ParameterRole {
    case tokenEmbedding
    case positionEmbedding
    case outputHead
    case inner

    init(tensor name: String) {
        let components = name.split(separator: ".")
        self = components.lazy.compactMap { Self.modules[$0] }.first ?? .inner
    }

    private static let modules: [Substring: ParameterRole] = [
        "embed_in": .tokenEmbedding, "embed_tokens": .tokenEmbedding, "wte": .tokenEmbedding,
        "word_embeddings": .tokenEmbedding, "tok_embeddings": .tokenEmbedding,
        "wpe": .positionEmbedding, "embed_positions": .positionEmbedding, "position_embeddings": .positionEmbedding,
        "embed_out": .outputHead, "lm_head": .outputHead,
    ]
}

extension Tensor {
    /// Whether this holds another's values, bit for bit.
    fileprivate func hasValues(of other: Tensor) -> Bool {
        guard info.type == other.info.type, info.shape == other.info.shape else { return false }
        return withBytes { mine in other.withBytes { theirs in mine.elementsEqual(theirs) } }
    }

    /// Whether this is no parameter but something that the code of a family once registered to be saved with them.
    fileprivate var isBuffer: Bool {
        let components = info.name.split(separator: ".")
        guard let last = components.last else { return false }
        switch last {
        case "inv_freq", "masked_bias", "cos_cached", "sin_cached", "position_ids", "freqs_cis": return true
        case "beta", "eps":
            // Constants of the activation xIELU.
            return components.dropLast().last.map { ["act", "act_fn", "activation_fn"].contains($0) } ?? false
        case "bias":
            // GPT-NeoX's and GPT-2's causal mask, 1 x 1 x positions x positions, beside weights' own one-dimensional biases.
            return info.shape.count == 4 && ["attention", "attn"].contains(components.dropLast().last)
        default: return false
        }
    }
}
