extension FamilySettings {
    /// Llama and what is stored in its form (Amber, SmolLM, TinyLlama, Spectra): RMS norms, rotary positions, grouped
    /// queries, a gated MLP.
    func llama() throws(LanguageModelError) -> DecoderDescription {
        var form = try LlamaForm(self, .init(headsDivideWidth: true))
        form.queryBias = try flag("attention_bias", default: false)
        form.outputBias = form.queryBias
        form.mlpBias = try flag("mlp_bias", default: false)
        return try form.description(modelType: "llama")
    }

    /// Mistral: Llama with a sliding window in every layer.
    func mistral() throws(LanguageModelError) -> DecoderDescription {
        var form = try LlamaForm(
            self,
            .init(
                sizes: .init(intermediate: 14_336), keyValueHeads: 8, rotary: RotaryKeys(defaultContext: 131_072)))
        let window = try optionalSize("sliding_window", default: 4096)
        form.slidingWindows = Array(repeating: window, count: form.layerCount)
        return try form.description(modelType: "mistral")
    }
}
