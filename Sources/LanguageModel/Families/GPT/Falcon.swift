extension Family {
    /// Falcon (arXiv 2311.16867).
    static let falcon = Family(
        "falcon",
        summary: "fused q, k, v of one or several key heads, parallel or sequential residual, rotary positions or ALiBi"
    ) { (settings) throws(LanguageModelError) in try settings.falcon() }
}

/// What the layers of a Falcon model have in common.
private struct FalconForm {
    let width: Int
    let headCount: Int
    let headSize: Int
    let intermediateSize: Int
    let keyValueHeadCount: Int
    /// Whether heads are fused group by group (40B), rather than all queries first.
    let isNew: Bool
    let isMultiQuery: Bool
    let isParallel: Bool
    /// Whether a parallel MLP has a norm of its own.
    let hasTwoNorms: Bool
    let bias: Bool
    let activation: ActivationFunction
    let rotary: RotaryDescription?
    let positionBias: PositionBias?
    let norm: NormDescription

    init(_ settings: FamilySettings) throws(LanguageModelError) {
        width = try settings.size("hidden_size", "n_embed", default: 4544)
        headCount = try settings.size("num_attention_heads", default: 71)
        headSize = try settings.headSize(
            width: width, widthKey: "hidden_size", heads: headCount, headsKey: "num_attention_heads")
        intermediateSize = try settings.optionalSize("ffn_hidden_size") ?? 4 * width
        isNew = try settings.flag("new_decoder_architecture", default: false)
        isMultiQuery = try settings.flag("multi_query", default: true)
        isParallel = try settings.flag("parallel_attn", default: true)
        if isNew, !isParallel {
            throw .setting(
                key: "parallel_attn", found: "false", expected: "true, as 'new_decoder_architecture' is")
        }
        let given = try settings.optionalSize("num_kv_heads") ?? headCount
        keyValueHeadCount = isNew ? given : isMultiQuery ? 1 : headCount
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw .setting(
                key: "num_kv_heads", found: "\(keyValueHeadCount)",
                expected: "a divisor of 'num_attention_heads', \(headCount)")
        }
        let norms = try settings.optionalSize("num_ln_in_parallel_attn") ?? (isNew ? 2 : 1)
        guard norms == 1 || norms == 2 && isNew else {
            throw .unsupported(
                key: "num_ln_in_parallel_attn", found: "\(norms)",
                supported: isNew ? "1, 2" : "1 without 'new_decoder_architecture'")
        }
        hasTwoNorms = norms == 2
        bias = try settings.flag("bias", default: false)
        activation = try settings.activation("activation", default: "gelu")
        let hasBias = try settings.flag("alibi", default: false)
        rotary = hasBias ? nil : try settings.rotary(headSize: headSize)
        positionBias =
            hasBias
            ? PositionBias(
                headCount: headCount, form: .falcon(scale: AttentionDescription.scale(headSize: headSize))) : nil
        norm = NormDescription(
            kind: .layer, epsilon: try settings.epsilon("layer_norm_epsilon", default: 1e-5), bias: true, width: width)
    }

    func layer(_ module: String) -> LayerDescription {
        func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> LinearDescription {
            LinearDescription(module: "\(module).\(name)", inputs: inputs, outputs: outputs, bias: bias)
        }
        let fused = linear("self_attention.query_key_value", width, (headCount + 2 * keyValueHeadCount) * headSize)
        let first = norm.named(module + (hasTwoNorms ? ".ln_attn" : ".input_layernorm"))
        let second = norm.named(
            module + (hasTwoNorms ? ".ln_mlp" : isParallel ? ".input_layernorm" : ".post_attention_layernorm"))
        return LayerDescription(
            module: module,
            attention: AttentionDescription(
                headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize,
                projections: isNew || !isMultiQuery ? .interleaved(fused) : .concatenated(fused),
                output: linear("self_attention.dense", width, width), rotary: rotary,
                scale: AttentionDescription.scale(headSize: headSize), positionBias: positionBias),
            attentionNorms: SublayerNorms(before: first),
            feedForward: .dense(
                MLPDescription(
                    up: linear("mlp.dense_h_to_4h", width, intermediateSize),
                    down: linear("mlp.dense_4h_to_h", intermediateSize, width), activation: activation,
                    activationModule: module + ".mlp.act")),
            mlpNorms: SublayerNorms(before: second), parallel: isParallel)
    }
}

extension FamilySettings {
    fileprivate func falcon() throws(LanguageModelError) -> DecoderDescription {
        let form = try FalconForm(self)
        let prefix = prefix("transformer.", of: "word_embeddings")
        let ends = try embeddingAndHead(
            embedding: prefix + "word_embeddings", heads: ["lm_head"], tiedByDefault: true)
        let layerCount = try size("num_hidden_layers", default: 32, atMost: Self.mostLayers)
        return DecoderDescription(
            vocabularySize: try size("vocab_size", default: 65_024), width: form.width,
            embedding: EmbeddingDescription(module: ends.embedding, width: form.width),
            layers: (0..<layerCount).map { form.layer(prefix + "h.\($0)") },
            finalNorm: form.norm.named(prefix + "ln_f"), head: ends.head, tiesHead: ends.tied)
    }
}
