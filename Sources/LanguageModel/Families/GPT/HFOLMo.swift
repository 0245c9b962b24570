import JSON
import Vectors

extension Family {
    /// OLMo 1 under the names of its own code, the ai2-olmo package.
    static let hfOLMo = Family(
        "hf_olmo", summary: "OLMo as its own code stores it: fused q, k, v, and fused gate and up"
    ) { (settings) throws(LanguageModelError) in try settings.hfOLMo() }
}

extension FamilySettings {
    fileprivate func hfOLMo() throws(LanguageModelError) -> DecoderDescription {
        try checkHFOLMo()
        let width = try size("d_model", default: 768)
        let prefix = prefix("model.transformer.", of: "wte")
        let isTied = try flag("weight_tying", default: true)
        let embedding = prefix + "wte"
        let norm = try hfOLMoNorm(width: width)
        let vocabulary = try size("vocab_size", default: 50_257)
        var model = DecoderDescription(
            // Rows that only fill the table up take part in the softmax.
            vocabularySize: try optionalSize("embedding_size") ?? vocabulary, width: width,
            embedding: EmbeddingDescription(module: embedding, width: width),
            layers: try hfOLMoLayers(prefix: prefix + "blocks.", width: width, norm: norm),
            finalNorm: norm(prefix + "ln_f"), head: isTied ? embedding : prefix + "ff_out", tiesHead: isTied)
        if try flag("scale_logits", default: false) { model.logitScale = 1 / Float(width).squareRoot() }
        return model
    }

    /// Refuses what OLMo 1 does not do, and what no public checkpoint of it does.
    private func checkHFOLMo() throws(LanguageModelError) {
        for key in ["alibi", "embedding_layer_norm", "norm_after"] { try refuse(key) }
        guard try flag("rope", default: false) else {
            throw .unsupported(key: "rope", found: "false", supported: "true")
        }
        let block = try text("block_type", default: "sequential")
        guard block == "sequential" else {
            throw .unsupported(key: "block_type", found: "'\(block)'", supported: "sequential")
        }
    }

    /// The norm for a module's name.
    private func hfOLMoNorm(width: Int) throws(LanguageModelError) -> (String) -> NormDescription {
        let type = try text("layer_norm_type", default: "default")
        guard ["default", "low_precision", "rms"].contains(type) else {
            throw .unsupported(key: "layer_norm_type", found: "'\(type)'", supported: "default, low_precision, rms")
        }
        let hasWeight = try flag("layer_norm_with_affine", default: true)
        let includesBias = try flag("include_bias", default: true)
        let bias =
            json["bias_for_layer_norm"] == .null ? includesBias : try flag("bias_for_layer_norm", default: includesBias)
        return { module in
            NormDescription(
                kind: type == "rms" ? .rootMeanSquare : .layer, epsilon: 1e-5, module: hasWeight ? module : nil,
                bias: hasWeight && bias, width: width)
        }
    }

    private func hfOLMoLayers(
        prefix: String, width: Int, norm: (String) -> NormDescription
    ) throws(LanguageModelError) -> [LayerDescription] {
        let heads = try size("n_heads", default: 12)
        let headSize = try headSize(width: width, widthKey: "d_model", heads: heads, headsKey: "n_heads")
        let isMultiQuery = try flag("multi_query_attention", default: false)
        let keyValueHeads = try optionalSize("n_kv_heads") ?? (isMultiQuery ? 1 : heads)
        guard heads.isMultiple(of: keyValueHeads) else {
            throw .setting(
                key: "n_kv_heads", found: "\(keyValueHeads)", expected: "a divisor of 'n_heads', \(heads)")
        }
        let ratio = try optionalSize("mlp_ratio", default: 4) ?? 4
        let made = try optionalSize("mlp_hidden_size") ?? ratio * width
        let (activation, isGated) = try hfOLMoActivation()
        guard !isGated || made.isMultiple(of: 2) else {
            throw .setting(key: "mlp_hidden_size", found: "\(made)", expected: "even, as 'activation_type' is 'swiglu'")
        }
        let bias = try flag("include_bias", default: true)
        let clip = try positiveNumber("clip_qkv").map { Float($0) }
        let rotary = RotaryDescription(
            dimension: headSize, base: try positiveNumber("rope_theta", default: 10_000) ?? 10_000)
        let layerCount = try size("n_layers", default: 12, atMost: Self.mostLayers)
        let keyValueWidth = keyValueHeads * headSize
        let headNorms = try hfOLMoHeadNorms(widths: (width, keyValueWidth), norm)
        return (0..<layerCount).map { index in
            let module = prefix + "\(index)"
            func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> LinearDescription {
                LinearDescription(module: "\(module).\(name)", inputs: inputs, outputs: outputs, bias: bias)
            }
            let inner = isGated ? made / 2 : made
            return LayerDescription(
                module: module,
                attention: AttentionDescription(
                    headCount: heads, keyValueHeadCount: keyValueHeads, headSize: headSize,
                    projections: .concatenated(linear("att_proj", width, width + 2 * keyValueWidth)),
                    output: linear("attn_out", width, width), queryNorm: headNorms(module).query,
                    keyNorm: headNorms(module).key, clip: clip, rotary: rotary,
                    scale: AttentionDescription.scale(headSize: headSize)),
                attentionNorms: SublayerNorms(before: norm(module + ".attn_norm")),
                feedForward: .dense(
                    MLPDescription(
                        up: linear("ff_proj", width, made), down: linear("ff_out", inner, width),
                        activation: activation, activationModule: module + ".act", fusedGate: isGated ? .second : nil)),
                mlpNorms: SublayerNorms(before: norm(module + ".ff_norm")))
        }
    }

    /// Norms over all queries and over all keys, where there are such.
    private func hfOLMoHeadNorms(
        widths: (query: Int, key: Int), _ norm: (String) -> NormDescription
    ) throws(LanguageModelError) -> (String) -> (query: HeadNorm?, key: HeadNorm?) {
        guard try flag("attention_layer_norm", default: false) else { return { _ in (nil, nil) } }
        let plain = norm("")
        let hasWeight = try flag("attention_layer_norm_with_affine", default: true)
        let bias = plain.bias
        return { module in
            func headNorm(_ name: String, _ width: Int) -> HeadNorm {
                HeadNorm(
                    norm: NormDescription(
                        kind: plain.kind, epsilon: plain.epsilon, module: hasWeight ? "\(module).\(name)" : nil,
                        bias: hasWeight && bias, width: width), perHead: false)
            }
            return (headNorm("q_norm", widths.query), headNorm("k_norm", widths.key))
        }
    }

    private func hfOLMoActivation() throws(LanguageModelError) -> (ActivationFunction, isGated: Bool) {
        let name = try text("activation_type", default: "swiglu")
        switch name {
        case "swiglu": return (.vectorized(.silu), true)
        case "gelu": return (.vectorized(.gelu), false)
        case "relu": return (.vectorized(.relu), false)
        default: throw .unsupported(key: "activation_type", found: "'\(name)'", supported: "swiglu, gelu, relu")
        }
    }
}
