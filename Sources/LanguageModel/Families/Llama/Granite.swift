extension Family {
    /// Granite 3 (IBM).
    static let granite = Family(
        "granite", summary: "Llama with constant factors on embeddings, scores, residuals and logits"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(settings)
        try form.takeAttentionBias()
        try form.takeMLPBias()
        form.scale = Float(try settings.number("attention_multiplier", default: 1))
        form.embeddingScale = Float(try settings.number("embedding_multiplier", default: 1))
        form.residualScale = Float(try settings.number("residual_multiplier", default: 1))
        let divisor = try settings.number("logits_scaling", default: 1)
        guard divisor != 0 else { throw .setting(key: "logits_scaling", found: "0", expected: "a number other than 0") }
        form.logitScale = Float(1 / divisor)
        return try form.description()
    }
}
