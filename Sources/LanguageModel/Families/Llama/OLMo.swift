import JSON

extension Family {
    /// OLMo (arXiv 2402.00838).
    static let olmo = Family(
        "olmo", summary: "Llama with layer norms that have no parameters, and clamped queries, keys and values"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(settings, .init(sizes: .olmo))
        form.norm = NormDescription(kind: .layer, epsilon: 1e-5, width: form.width)
        try form.takeAttentionBias()
        if let clip = try FamilySettings.number(settings.json, "clip_qkv") {
            guard clip > 0 else {
                throw .setting(key: "clip_qkv", found: "\(clip)", expected: "a positive number or null")
            }
            form.clip = Float(clip)
        }
        return try form.description()
    }
}

extension LlamaForm.Sizes {
    static let olmo = LlamaForm.Sizes(vocabulary: 50_304)
}
