import Vectors

extension Family {
    /// BLOOM (arXiv 2211.05100).
    static let bloom = Family(
        "bloom", summary: "ALiBi, a norm behind the embedding, fused and interleaved q, k, v"
    ) { (settings) throws(LanguageModelError) in try settings.bloom() }
}

extension FamilySettings {
    fileprivate func bloom() throws(LanguageModelError) -> DecoderDescription {
        try refuse("apply_residual_connection_post_layernorm")
        let width = try size("hidden_size", "n_embed", default: 64)
        let prefix = prefix("transformer.", of: "word_embeddings")
        let ends = try embeddingAndHead(
            embedding: prefix + "word_embeddings", heads: ["lm_head"], tiedByDefault: true)
        let norm = NormDescription(
            kind: .layer, epsilon: try epsilon("layer_norm_epsilon", default: 1e-5), bias: true, width: width)
        return DecoderDescription(
            vocabularySize: try size("vocab_size", default: 250_880), width: width,
            embedding: EmbeddingDescription(
                module: ends.embedding, width: width, norm: norm.named(prefix + "word_embeddings_layernorm")),
            layers: try bloomLayers(prefix: prefix + "h.", width: width, norm: norm),
            finalNorm: norm.named(prefix + "ln_f"), head: ends.head, tiesHead: ends.tied)
    }

    private func bloomLayers(
        prefix: String, width: Int, norm: NormDescription
    ) throws(LanguageModelError) -> [LayerDescription] {
        let heads = try size("n_head", "num_attention_heads", default: 8)
        let headSize = try headSize(width: width, widthKey: "hidden_size", heads: heads, headsKey: "n_head")
        let layerCount = try size("n_layer", "num_hidden_layers", default: 2, atMost: Self.mostLayers)
        return (0..<layerCount).map { index in
            let module = prefix + "\(index)"
            func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> LinearDescription {
                LinearDescription(module: "\(module).\(name)", inputs: inputs, outputs: outputs, bias: true)
            }
            return LayerDescription(
                module: module,
                attention: AttentionDescription(
                    headCount: heads, keyValueHeadCount: heads, headSize: headSize,
                    projections: .interleaved(linear("self_attention.query_key_value", width, 3 * width)),
                    output: linear("self_attention.dense", width, width),
                    scale: AttentionDescription.scale(headSize: headSize),
                    positionBias: PositionBias(headCount: heads, form: .bloom)),
                attentionNorms: SublayerNorms(before: norm.named(module + ".input_layernorm")),
                feedForward: .dense(
                    MLPDescription(
                        up: linear("mlp.dense_h_to_4h", width, 4 * width),
                        down: linear("mlp.dense_4h_to_h", 4 * width, width), activation: .vectorized(.geluTanh),
                        activationModule: module + ".mlp.gelu_impl")),
                mlpNorms: SublayerNorms(before: norm.named(module + ".post_attention_layernorm")))
        }
    }
}
