extension Family {
    /// GPT-J.
    static let gptJ = Family(
        "gptj",
        summary: "parallel residual behind one layer norm, rotary positions of neighbours on a share of each head",
        buffers: ["attn.bias"]
    ) { (settings) throws(LanguageModelError) in try settings.gptJ() }
}

extension FamilySettings {
    fileprivate func gptJ() throws(LanguageModelError) -> DecoderDescription {
        let width = try size("n_embd", "hidden_size", default: 4096)
        let prefix = prefix("transformer.", of: "wte")
        let ends = try embeddingAndHead(embedding: prefix + "wte", heads: ["lm_head"], tiedByDefault: false)
        let norm = NormDescription(
            kind: .layer, epsilon: try epsilon("layer_norm_epsilon", default: 1e-5), bias: true, width: width)
        var model = DecoderDescription(
            vocabularySize: try size("vocab_size", default: 50_400), width: width,
            embedding: EmbeddingDescription(module: ends.embedding, width: width),
            layers: try gptJLayers(prefix: prefix + "h.", width: width, norm: norm),
            finalNorm: norm.named(prefix + "ln_f"), head: ends.head, tiesHead: ends.tied)
        model.headBias = .headBias("lm_head", count: model.vocabularySize)
        return model
    }

    private func gptJLayers(
        prefix: String, width: Int, norm: NormDescription
    ) throws(LanguageModelError) -> [LayerDescription] {
        let heads = try size("n_head", "num_attention_heads", default: 16)
        let headSize = try headSize(width: width, widthKey: "n_embd", heads: heads, headsKey: "n_head")
        let intermediateSize = try optionalSize("n_inner") ?? 4 * width
        let rotarySize = try size("rotary_dim", default: 64)
        guard rotarySize.isMultiple(of: 2), rotarySize <= headSize else {
            throw .setting(key: "rotary_dim", found: "\(rotarySize)", expected: "an even number up to \(headSize)")
        }
        let activation = try activation("activation_function", default: "gelu_new")
        let layerCount = try size("n_layer", "num_hidden_layers", default: 28, atMost: Self.mostLayers)
        return (0..<layerCount).map { index in
            let module = prefix + "\(index)"
            func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = false) -> LinearDescription {
                LinearDescription(module: "\(module).\(name)", inputs: inputs, outputs: outputs, bias: bias)
            }
            let norms = SublayerNorms(before: norm.named(module + ".ln_1"))
            return LayerDescription(
                module: module,
                attention: AttentionDescription(
                    headCount: heads, keyValueHeadCount: heads, headSize: headSize,
                    projections: .separate(
                        query: linear("attn.q_proj", width, width), key: linear("attn.k_proj", width, width),
                        value: linear("attn.v_proj", width, width)),
                    output: linear("attn.out_proj", width, width),
                    rotary: RotaryDescription(dimension: rotarySize, base: 10_000, pairsNeighbors: true),
                    scale: AttentionDescription.scale(headSize: headSize)),
                attentionNorms: norms,
                feedForward: .dense(
                    MLPDescription(
                        up: linear("mlp.fc_in", width, intermediateSize, bias: true),
                        down: linear("mlp.fc_out", intermediateSize, width, bias: true), activation: activation,
                        activationModule: module + ".mlp.act")),
                mlpNorms: norms, parallel: true)
        }
    }
}
