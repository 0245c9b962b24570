extension Family {
    /// OLMo 3.
    static let olmo3 = Family(
        "olmo3", summary: "OLMo 2 with a sliding window in three layers of four, where rotary scaling does not apply"
    ) { (given) throws(LanguageModelError) in
        let base = 500_000.0
        let settings = try given.withRotarySettingsByLayerType(
            full: .init(key: "rope_theta", absent: base), sliding: .init(key: nil, absent: base))
        var form = try LlamaForm(
            olmo2: settings, rotary: RotaryKeys(defaultBase: base, layerType: "full_attention"))
        guard let window = try settings.optionalSize("sliding_window", default: 4096) else {
            throw .setting(key: "sliding_window", found: "null", expected: "a size")
        }
        form.slidingWindows = try settings.slidingWindows(layerCount: form.layerCount, window: window) {
            ($0 + 1) % 4 != 0
        }
        form.slidingRotary = try settings.rotary(
            headSize: form.headSize, keys: RotaryKeys(defaultBase: base, layerType: "sliding_attention"))
        return try form.description()
    }
}
