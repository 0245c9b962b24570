extension FamilySettings {
    /// OLMo: Llama with layer norms that have no parameters, and clamped queries, keys and values.
    func olmo() throws(LanguageModelError) -> DecoderDescription {
        var form = try LlamaForm(self)
        form.norm = NormDescription(kind: .layer, epsilon: 1e-5, width: form.width)
        form.queryBias = try flag("attention_bias", default: false)
        form.outputBias = form.queryBias
        if let clip = try Self.number(json, "clip_qkv") {
            guard clip > 0 else {
                throw .setting(key: "clip_qkv", found: "\(clip)", expected: "a positive number or null")
            }
            form.clip = Float(clip)
        }
        return try form.description(modelType: "olmo")
    }

    /// OLMo 2: norms after each sublayer, and over all queries and over all keys.
    func olmo2() throws(LanguageModelError) -> DecoderDescription {
        try olmo2Form(RotaryKeys()).description(modelType: "olmo2")
    }

    /// OLMo 3: OLMo 2 with a sliding window in three layers of four, where rotary scaling does not apply.
    func olmo3() throws(LanguageModelError) -> DecoderDescription {
        var form = try olmo2Form(RotaryKeys(defaultBase: 500_000, layerType: "full_attention"))
        let window = try optionalSize("sliding_window", default: 4096)
        form.slidingWindows = try slidingWindows(layerCount: form.layerCount, window: window) { ($0 + 1) % 4 != 0 }
        form.slidingRotary = try rotary(
            headSize: form.headSize, keys: RotaryKeys(defaultBase: 500_000, layerType: "sliding_attention"))
        return try form.description(modelType: "olmo3")
    }

    private func olmo2Form(_ keys: RotaryKeys) throws(LanguageModelError) -> LlamaForm {
        var form = try LlamaForm(self, .init(epsilon: 1e-5, rotary: keys))
        form.placement = .after
        form.headNorm = .overAll
        form.queryBias = try flag("attention_bias", default: false)
        form.outputBias = form.queryBias
        return form
    }
}
