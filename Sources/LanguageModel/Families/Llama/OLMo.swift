extension Family {
    /// OLMo (arXiv 2402.00838).
    static let olmo = Family(
        "olmo", summary: "Llama with layer norms that have no parameters, and clamped queries, keys and values"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(settings, .init(sizes: .olmo))
        form.norm = NormDescription(kind: .layer, epsilon: 1e-5, width: form.width)
        form.normsHaveParameters = false
        try form.takeAttentionBias()
        form.clip = try settings.positiveNumber("clip_qkv").map { Float($0) }
        return try form.description()
    }
}

extension LlamaForm.Sizes {
    static let olmo = LlamaForm.Sizes(vocabulary: 50_304)
}
