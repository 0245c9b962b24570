extension Family {
    /// OPT (arXiv 2205.01068).
    static let opt = Family(
        "opt",
        summary:
            "learned positions that start at row 2, norms before or after (350m), embeddings of a width of their own"
    ) { (settings) throws(LanguageModelError) in try settings.opt() }
}

extension FamilySettings {
    fileprivate func opt() throws(LanguageModelError) -> DecoderDescription {
        let width = try size("hidden_size", default: 768)
        let embeddingWidth = try optionalSize("word_embed_proj_dim") ?? width
        let prefix = prefix("model.", of: "decoder.embed_tokens") + "decoder."
        let ends = try embeddingAndHead(embedding: prefix + "embed_tokens", heads: ["lm_head"], tiedByDefault: true)
        let projects = embeddingWidth != width
        let norm = try optNorm(width: width)
        let normsBefore = try flag("do_layer_norm_before", default: true)
        let dropsFinalNorm = try flag("_remove_final_layer_norm", default: false)
        let hasFinalNorm = normsBefore && !dropsFinalNorm
        return DecoderDescription(
            vocabularySize: try size("vocab_size", default: 50_272), width: width,
            embedding: EmbeddingDescription(
                module: ends.embedding, width: embeddingWidth,
                projection: projects
                    ? LinearDescription(module: prefix + "project_in", inputs: embeddingWidth, outputs: width) : nil,
                positions: LearnedPositions(
                    module: prefix + "embed_positions", count: try size("max_position_embeddings", default: 2048),
                    offset: 2, key: "max_position_embeddings")),
            layers: try optLayers(prefix: prefix + "layers.", width: width, norm: norm, normsBefore: normsBefore),
            finalNorm: hasFinalNorm ? norm(prefix + "final_layer_norm") : nil,
            outputProjection: projects
                ? LinearDescription(module: prefix + "project_out", inputs: width, outputs: embeddingWidth) : nil,
            head: ends.head, tiesHead: ends.tied)
    }

    /// The norm for a module's name; it has parameters unless the configuration takes them away.
    private func optNorm(width: Int) throws(LanguageModelError) -> (String) -> NormDescription {
        let hasParameters = try flag("layer_norm_elementwise_affine", default: true)
        return { module in
            NormDescription(
                kind: .layer, epsilon: 1e-5, module: hasParameters ? module : nil, bias: hasParameters, width: width)
        }
    }

    private func optLayers(
        prefix: String, width: Int, norm: (String) -> NormDescription, normsBefore: Bool
    ) throws(LanguageModelError) -> [LayerDescription] {
        let heads = try size("num_attention_heads", default: 12)
        let headSize = try headSize(
            width: width, widthKey: "hidden_size", heads: heads, headsKey: "num_attention_heads")
        let intermediateSize = try size("ffn_dim", default: 3072)
        let layerCount = try size("num_hidden_layers", default: 12, atMost: Self.mostLayers)
        let bias = try flag("enable_bias", default: true)
        let activation = try activation("activation_function", default: "relu")
        func norms(_ module: String) -> SublayerNorms {
            normsBefore ? SublayerNorms(before: norm(module)) : SublayerNorms(afterResidual: norm(module))
        }
        return (0..<layerCount).map { index in
            let module = prefix + "\(index)"
            func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> LinearDescription {
                LinearDescription(module: "\(module).\(name)", inputs: inputs, outputs: outputs, bias: bias)
            }
            return LayerDescription(
                module: module,
                attention: AttentionDescription(
                    headCount: heads, keyValueHeadCount: heads, headSize: headSize,
                    projections: .separate(
                        query: linear("self_attn.q_proj", width, width), key: linear("self_attn.k_proj", width, width),
                        value: linear("self_attn.v_proj", width, width)),
                    output: linear("self_attn.out_proj", width, width),
                    scale: AttentionDescription.scale(headSize: headSize)),
                attentionNorms: norms(module + ".self_attn_layer_norm"),
                feedForward: .dense(
                    MLPDescription(
                        up: linear("fc1", width, intermediateSize), down: linear("fc2", intermediateSize, width),
                        activation: activation,
                        activationModule: module + ".activation_fn")),
                mlpNorms: norms(module + ".final_layer_norm"))
        }
    }
}
