extension Family {
    /// Llama and what is stored in its form: Amber, SmolLM, TinyLlama, Spectra.
    static let llama = Family(
        "llama", summary: "RMS norms, rotary positions, grouped queries, a gated MLP"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(settings, .init(headsDivideWidth: true))
        try form.takeAttentionBias()
        try form.takeMLPBias()
        return try form.description()
    }
}
