extension Family {
    /// Mistral (arXiv 2310.06825).
    static let mistral = Family(
        "mistral", summary: "Llama with a sliding window in every layer"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(intermediate: 14_336), keyValueHeads: 8, rotary: RotaryKeys(defaultContext: 131_072)))
        let window = try settings.optionalSize("sliding_window", default: 4096)
        form.slidingWindows = Array(repeating: window, count: form.layerCount)
        return try form.description()
    }
}
