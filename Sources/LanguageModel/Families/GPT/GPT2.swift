extension Family {
    /// GPT-2.
    static let gpt2 = Family(
        "gpt2",
        summary: "learned positions, layer norms in front, fused q, k, v, weights stored inputs first (Conv1D)",
        buffers: ["attn.bias"]
    ) { (settings) throws(LanguageModelError) in try settings.gpt2(activation: "gelu_new") { _ in } }
}

extension FamilySettings {
    /// GPT-2's form of a decoder, each layer of which a relative changes.
    func gpt2(
        activation: String, _ change: (inout LayerDescription) -> Void
    ) throws(LanguageModelError) -> DecoderDescription {
        try refuse("add_cross_attention")
        let width = try size("n_embd", "hidden_size", default: 768)
        let prefix = prefix("transformer.", of: "wte")
        let ends = try embeddingAndHead(embedding: prefix + "wte", heads: ["lm_head"], tiedByDefault: true)
        let norm = NormDescription(
            kind: .layer, epsilon: try epsilon("layer_norm_epsilon", default: 1e-5), bias: true, width: width)
        let positions = LearnedPositions(
            module: prefix + "wpe", count: try size("n_positions", "max_position_embeddings", default: 1024),
            offset: 0, key: "n_positions")
        var layers = try gpt2Layers(prefix: prefix + "h.", width: width, norm: norm, activation: activation)
        for index in layers.indices { change(&layers[index]) }
        return DecoderDescription(
            vocabularySize: try size("vocab_size", default: 50_257), width: width,
            embedding: EmbeddingDescription(module: ends.embedding, width: width, positions: positions),
            layers: layers, finalNorm: norm.named(prefix + "ln_f"), head: ends.head, tiesHead: ends.tied)
    }

    private func gpt2Layers(
        prefix: String, width: Int, norm: NormDescription, activation name: String
    ) throws(LanguageModelError) -> [LayerDescription] {
        let heads = try size("n_head", "num_attention_heads", default: 12)
        let headSize = try headSize(width: width, widthKey: "n_embd", heads: heads, headsKey: "n_head")
        let intermediateSize = try optionalSize("n_inner") ?? 4 * width
        let activation = try activation("activation_function", default: name)
        let scale = try flag("scale_attn_weights", default: true) ? AttentionDescription.scale(headSize: headSize) : 1
        let layerCount = try size("n_layer", "num_hidden_layers", default: 12, atMost: Self.mostLayers)
        let scalesByLayer = try flag("scale_attn_by_inverse_layer_idx", default: false)
        return (0..<layerCount).map { index in
            let module = prefix + "\(index)"
            func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> LinearDescription {
                LinearDescription(
                    module: "\(module).\(name)", inputs: inputs, outputs: outputs, bias: true, transposed: true)
            }
            return LayerDescription(
                module: module,
                attention: AttentionDescription(
                    headCount: heads, keyValueHeadCount: heads, headSize: headSize,
                    projections: .concatenated(linear("attn.c_attn", width, 3 * width)),
                    output: linear("attn.c_proj", width, width),
                    scale: scalesByLayer ? scale / Float(index + 1) : scale),
                attentionNorms: SublayerNorms(before: norm.named(module + ".ln_1")),
                feedForward: .dense(
                    MLPDescription(
                        up: linear("mlp.c_fc", width, intermediateSize),
                        down: linear("mlp.c_proj", intermediateSize, width),
                        activation: activation, activationModule: module + ".mlp.act")),
                mlpNorms: SublayerNorms(before: norm.named(module + ".ln_2")))
        }
    }
}
