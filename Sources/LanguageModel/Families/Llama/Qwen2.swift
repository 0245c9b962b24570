extension Family {
    /// Qwen 2 and 2.5 (arXiv 2407.10671).
    static let qwen2 = Family(
        "qwen2", summary: "Llama with biases on queries, keys and values, and a sliding window in some layers"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(settings, .init(sizes: .qwen, keyValueHeads: 32, rotary: .qwen))
        form.queryBias = true
        form.slidingWindows = try settings.qwenWindows(layerCount: form.layerCount)
        return try form.description()
    }
}

extension FamilySettings {
    /// Qwen's windows: where they are switched on, the layers from `max_window_layers` on have one.
    func qwenWindows(layerCount: Int) throws(LanguageModelError) -> [Int?] {
        let given = try optionalSize("sliding_window", default: 4096)
        let window = try flag("use_sliding_window", default: false) ? given : nil
        let first = try number("max_window_layers", default: 28)
        return try slidingWindows(layerCount: layerCount, window: window) { Double($0) >= first }
    }
}

extension LlamaForm.Sizes {
    static let qwen = LlamaForm.Sizes(vocabulary: 151_936, intermediate: 22_016)
}

extension RotaryKeys {
    static let qwen = RotaryKeys(defaultContext: 32_768)
}
