extension Family {
    /// GPT-NeoX and Pythia (arXiv 2204.06745, 2304.01373).
    static let gptNeoX = Family(
        "gpt_neox",
        summary:
            "parallel or sequential residual, rotary positions on a share of each head, fused and interleaved q, k, v",
        buffers: ["attention.bias"]
    ) { (settings) throws(LanguageModelError) in try settings.gptNeoX() }
}

extension FamilySettings {
    fileprivate func gptNeoX() throws(LanguageModelError) -> DecoderDescription {
        let width = try size("hidden_size", default: 6144)
        let prefix = prefix("gpt_neox.", of: "embed_in")
        let ends = try embeddingAndHead(
            embedding: prefix + "embed_in", heads: ["embed_out", "lm_head"], tiedByDefault: false)
        let norm = NormDescription(
            kind: .layer, epsilon: try epsilon("layer_norm_eps", default: 1e-5), bias: true, width: width)
        return DecoderDescription(
            vocabularySize: try size("vocab_size", default: 50_432), width: width,
            embedding: EmbeddingDescription(module: ends.embedding, width: width),
            layers: try gptNeoXLayers(prefix: prefix + "layers.", width: width, norm: norm),
            finalNorm: norm.named(prefix + "final_layer_norm"), head: ends.head, tiesHead: ends.tied)
    }

    private func gptNeoXLayers(
        prefix: String, width: Int, norm: NormDescription
    ) throws(LanguageModelError) -> [LayerDescription] {
        let heads = try size("num_attention_heads", default: 64)
        let intermediateSize = try size("intermediate_size", default: 24_576)
        let headSize = try headSize(
            width: width, widthKey: "hidden_size", heads: heads, headsKey: "num_attention_heads")
        if let given = try optionalSize("head_dim"), given != headSize {
            throw .setting(
                key: "head_dim", found: "\(given)", expected: "'hidden_size' over 'num_attention_heads', \(headSize)")
        }
        let keys = RotaryKeys(base: "rotary_emb_base", fraction: "rotary_pct", defaultFraction: 0.25)
        let rotary = try rotary(headSize: headSize, keys: keys)
        let layerCount = try size("num_hidden_layers", default: 44, atMost: Self.mostLayers)
        let attentionBias = try flag("attention_bias", default: true)
        let parallel = try flag("use_parallel_residual", default: true)
        let activation = try activation("hidden_act", default: "gelu")
        return (0..<layerCount).map { index in
            let module = prefix + "\(index)"
            func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = true) -> LinearDescription {
                LinearDescription(module: "\(module).\(name)", inputs: inputs, outputs: outputs, bias: bias)
            }
            return LayerDescription(
                module: module,
                attention: AttentionDescription(
                    headCount: heads, keyValueHeadCount: heads, headSize: headSize,
                    projections: .interleaved(
                        linear("attention.query_key_value", width, 3 * width, bias: attentionBias)),
                    output: linear("attention.dense", width, width, bias: attentionBias), rotary: rotary,
                    scale: AttentionDescription.scale(headSize: headSize)),
                attentionNorms: SublayerNorms(before: norm.named(module + ".input_layernorm")),
                feedForward: .dense(
                    MLPDescription(
                        up: linear("mlp.dense_h_to_4h", width, intermediateSize),
                        down: linear("mlp.dense_4h_to_h", intermediateSize, width),
                        activation: activation, activationModule: module + ".mlp.act")),
                mlpNorms: SublayerNorms(before: norm.named(module + ".post_attention_layernorm")),
                parallel: parallel)
        }
    }
}
