extension Family {
    /// OLMoE (arXiv 2409.02060).
    static let olmoE = Family(
        "olmoe", summary: "Llama with experts in every layer, and norms over all queries and over all keys"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 50_304, width: 2048, intermediate: 2048, layers: 16, heads: 16),
                epsilon: 1e-5, rotary: RotaryKeys(defaultContext: 4096)))
        form.headNorm = .overAll
        try form.takeAttentionBias()
        form.clip = try settings.positiveNumber("clip_qkv").map { Float($0) }
        form.clipsBehindNorms = true
        let normalized = try settings.flag("norm_topk_prob", default: false)
        form.experts = try ExpertsForm(
            settings, count: 64, perToken: 8, sizeKey: "intermediate_size", size: 2048,
            weighting: .softmaxOfAll(normalized: normalized))
        return try form.description()
    }
}
