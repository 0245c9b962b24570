extension FamilySettings {
    /// Qwen 2 and 2.5: Llama with biases on queries, keys and values, and a sliding window in some layers.
    func qwen2() throws(LanguageModelError) -> DecoderDescription {
        var form = try LlamaForm(self, .init(sizes: .qwen, keyValueHeads: 32, rotary: .qwen))
        form.queryBias = true
        form.slidingWindows = try qwenWindows(layerCount: form.layerCount)
        return try form.description(modelType: "qwen2")
    }

    /// Qwen 3: Llama with a norm on each query and key head, and a head size of its own.
    func qwen3() throws(LanguageModelError) -> DecoderDescription {
        var form = try LlamaForm(self, .init(sizes: .qwen, keyValueHeads: 32, headSize: 128, rotary: .qwen))
        form.queryBias = try flag("attention_bias", default: false)
        form.outputBias = form.queryBias
        form.headNorm = .perHead
        form.slidingWindows = try qwenWindows(layerCount: form.layerCount)
        return try form.description(modelType: "qwen3")
    }

    private func qwenWindows(layerCount: Int) throws(LanguageModelError) -> [Int?] {
        let given = try optionalSize("sliding_window", default: 4096)
        let window = try flag("use_sliding_window", default: false) ? given : nil
        let first = try number("max_window_layers", default: 28)
        return try slidingWindows(layerCount: layerCount, window: window) { Double($0) >= first }
    }
}

extension RotaryKeys {
    fileprivate static let qwen = RotaryKeys(defaultContext: 32_768)
}
