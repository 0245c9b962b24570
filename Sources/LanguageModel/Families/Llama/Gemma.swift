import JSON
import Vectors

extension Family {
    /// Gemma (arXiv 2403.08295).
    static let gemma = Family(
        "gemma", summary: "Llama with weights of norms stored less one, and embeddings times √d"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 256_000, width: 3072, intermediate: 24_576, layers: 28, heads: 16),
                keyValueHeads: 16, headSize: 256, rotary: RotaryKeys(defaultContext: 8192),
                activation: "gelu_pytorch_tanh"))
        try form.takeGemmasParts()
        // Early configurations say "gelu" and mean the other form, as transformers takes it.
        if form.activation == .vectorized(.gelu) { form.activation = .vectorized(.geluTanh) }
        return try form.description(tiedByDefault: true)
    }

    /// Gemma 2 (arXiv 2408.00118).
    static let gemma2 = Family(
        "gemma2",
        summary: "Gemma with norms around each sublayer, soft caps, and a sliding window in every second layer"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings, .init(sizes: .gemma2, gemma: RotaryKeys(defaultContext: 8192)))
        try form.takeGemmasParts()
        try form.takeGemma2sParts()
        form.softCap = try settings.positiveNumber("attn_logit_softcapping", default: 50).map { Float($0) }
        form.logitSoftCap = try settings.positiveNumber("final_logit_softcapping", default: 30).map { Float($0) }
        let window = try settings.optionalSize("sliding_window", default: 4096)
        form.slidingWindows = try settings.slidingWindows(layerCount: form.layerCount, window: window) {
            ($0 + 1) % 2 != 0
        }
        return try form.description(tiedByDefault: true)
    }

    /// Gemma 3's language model (arXiv 2503.19786).
    static let gemma3 = Family(
        "gemma3_text",
        summary: "Gemma 2 with a norm on each query and key head, five layers of six sliding, and two rotary bases"
    ) { (given) throws(LanguageModelError) in
        let settings = try given.withRotarySettingsByLayerType(
            full: .init(key: "rope_theta", absent: 1_000_000),
            sliding: .init(key: "rope_local_base_freq", absent: 10_000))
        let keys = RotaryKeys(layerType: "full_attention", defaultContext: 131_072)
        var form = try LlamaForm(settings, .init(sizes: .gemma3, gemma: keys))
        try form.takeGemmasParts()
        try form.takeGemma2sParts()
        form.headNorm = .perHead
        form.logitSoftCap = try settings.positiveNumber("final_logit_softcapping").map { Float($0) }
        let window = try settings.optionalSize("sliding_window", default: 4096)
        let pattern = try settings.optionalSize("sliding_window_pattern", default: 6) ?? 6
        form.slidingWindows = try settings.slidingWindows(layerCount: form.layerCount, window: window) {
            ($0 + 1) % pattern != 0
        }
        form.slidingRotary = try settings.rotary(
            headSize: form.headSize, keys: RotaryKeys(layerType: "sliding_attention", defaultContext: 131_072))
        return try form.description(tiedByDefault: true)
    }
}

extension LlamaForm {
    fileprivate mutating func takeGemmasParts() throws(LanguageModelError) {
        if settings.json["use_bidirectional_attention"] == true {
            throw .unsupported(key: "use_bidirectional_attention", found: "true", supported: "false")
        }
        norm.weightOffset = 1
        embeddingScale = Float(width).squareRoot()
        try takeAttentionBias()
    }

    fileprivate mutating func takeGemma2sParts() throws(LanguageModelError) {
        placement = .around
        names.mlpNorm = "pre_feedforward_layernorm"
        let scalar = try settings.size("query_pre_attn_scalar", default: 256)
        scale = AttentionDescription.scale(headSize: scalar)
    }
}

extension LlamaForm.Defaults {
    /// What Gemma 2 and 3 have in common.
    fileprivate init(sizes: LlamaForm.Sizes, gemma rotary: RotaryKeys) {
        self.init(
            sizes: sizes, keyValueHeads: 4, headSize: 256, rotary: rotary, activation: "gelu_pytorch_tanh",
            activationKey: "hidden_activation")
    }
}

extension LlamaForm.Sizes {
    fileprivate static let gemma2 = LlamaForm.Sizes(
        vocabulary: 256_000, width: 2304, intermediate: 9216, layers: 26, heads: 8)
    fileprivate static let gemma3 = LlamaForm.Sizes(
        vocabulary: 262_208, width: 2304, intermediate: 9216, layers: 26, heads: 8)
}
