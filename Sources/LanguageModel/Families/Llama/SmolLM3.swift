import JSON

extension Family {
    /// SmolLM3.
    static let smolLM3 = Family(
        "smollm3", summary: "Llama in which one layer of four knows no positions"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 128_256, width: 2048, layers: 36, heads: 16), keyValueHeads: 4,
                rotary: RotaryKeys(defaultBase: 2_000_000, defaultContext: 32_768)))
        try form.takeAttentionBias()
        try form.takeMLPBias()
        form.layersWithoutRotation = try settings.layersWithoutRotation(of: form.layerCount)
        let still = form.layersWithoutRotation
        let given = try settings.optionalSize("sliding_window")
        let window = try settings.flag("use_sliding_window", default: false) ? given : nil
        form.slidingWindows = try settings.slidingWindows(layerCount: form.layerCount, window: window) {
            still.contains($0)
        }
        return try form.description(tiedByDefault: true)
    }
}

extension FamilySettings {
    /// Zeros in `no_rope_layers`, else every `no_rope_layer_interval`-th layer.
    fileprivate func layersWithoutRotation(of layerCount: Int) throws(LanguageModelError) -> Set<Int> {
        guard let value = json["no_rope_layers"], value != .null else {
            let interval = try optionalSize("no_rope_layer_interval", default: 4) ?? 4
            return Set((0..<layerCount).filter { ($0 + 1).isMultiple(of: interval) })
        }
        let flags = value.array?.compactMap(\.int) ?? []
        guard flags.count == value.array?.count, flags.count >= layerCount else {
            throw .setting(
                key: "no_rope_layers", found: value.canonicalText,
                expected: "an array of 'num_hidden_layers' (\(layerCount)) zeros and ones")
        }
        return Set((0..<layerCount).filter { flags[$0] == 0 })
    }
}
