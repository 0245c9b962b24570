import JSON
import Vectors

extension Family {
    /// MosaicML's MPT.
    static let mpt = Family(
        "mpt", summary: "ALiBi, layer norms without bias, fused q, k, v, no biases"
    ) { (settings) throws(LanguageModelError) in try settings.mpt() }
}

extension FamilySettings {
    fileprivate func mpt() throws(LanguageModelError) -> DecoderDescription {
        try checkMPT()
        let width = try size("d_model", "hidden_size", default: 2048)
        let prefix = prefix("transformer.", of: "wte")
        let ends = try embeddingAndHead(embedding: prefix + "wte", heads: ["lm_head"], tiedByDefault: true)
        let norm = NormDescription(
            kind: .layer, epsilon: try epsilon("layer_norm_epsilon", default: 1e-5), width: width)
        return DecoderDescription(
            vocabularySize: try size("vocab_size", default: 50_368), width: width,
            embedding: EmbeddingDescription(module: ends.embedding, width: width),
            layers: try mptLayers(prefix: prefix + "blocks.", width: width, norm: norm),
            finalNorm: norm.named(prefix + "norm_f"), head: ends.head, tiesHead: ends.tied)
    }

    /// Refuses what MosaicML's own code does and transformers does not.
    private func checkMPT() throws(LanguageModelError) {
        func require(_ object: JSONObject, _ key: String, _ supported: JSONValue...) throws(LanguageModelError) {
            guard let value = object[key], !supported.contains(value) else { return }
            throw .unsupported(
                key: key, found: value.canonicalText, supported: supported.map(\.canonicalText).joined(separator: ", "))
        }
        let attention = try mptAttention()
        try require(json, "no_bias", true)
        try require(json, "expansion_ratio", 4)
        try require(json, "logit_scale", .null)
        try require(json, "norm_type", "low_precision_layernorm", "layernorm")
        try require(attention, "alibi", true)
        try require(attention, "alibi_bias_max", 8)
        try require(attention, "qk_ln", false)
        try require(attention, "prefix_lm", false)
        try require(attention, "attn_type", "multihead_attention")
    }

    private func mptAttention() throws(LanguageModelError) -> JSONObject {
        guard let value = json["attn_config"], value != .null else { return JSONObject() }
        guard let object = value.object else {
            throw .setting(key: "attn_config", found: value.canonicalText, expected: "an object or null")
        }
        return object
    }

    private func mptLayers(
        prefix: String, width: Int, norm: NormDescription
    ) throws(LanguageModelError) -> [LayerDescription] {
        let heads = try size("n_heads", "num_attention_heads", default: 16)
        let headSize = try headSize(width: width, widthKey: "d_model", heads: heads, headsKey: "n_heads")
        let layerCount = try size("n_layers", "num_hidden_layers", default: 24, atMost: Self.mostLayers)
        let own = FamilySettings(json: try mptAttention(), hasModule: hasModule)
        let scale = try own.positiveNumber("softmax_scale").map { Float($0) }
        let clip = try own.positiveNumber("clip_qkv").map { Float($0) }
        return (0..<layerCount).map { index in
            let module = prefix + "\(index)"
            func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> LinearDescription {
                LinearDescription(module: "\(module).\(name)", inputs: inputs, outputs: outputs)
            }
            return LayerDescription(
                module: module,
                attention: AttentionDescription(
                    headCount: heads, keyValueHeadCount: heads, headSize: headSize,
                    projections: .concatenated(linear("attn.Wqkv", width, 3 * width)),
                    output: linear("attn.out_proj", width, width), clip: clip,
                    scale: scale ?? AttentionDescription.scale(headSize: headSize),
                    positionBias: PositionBias(headCount: heads, form: .mpt)),
                attentionNorms: SublayerNorms(before: norm.named(module + ".norm_1")),
                feedForward: .dense(
                    MLPDescription(
                        up: linear("ffn.up_proj", width, 4 * width), down: linear("ffn.down_proj", 4 * width, width),
                        activation: .vectorized(.gelu), activationModule: module + ".ffn.act")),
                mlpNorms: SublayerNorms(before: norm.named(module + ".norm_2")))
        }
    }
}
