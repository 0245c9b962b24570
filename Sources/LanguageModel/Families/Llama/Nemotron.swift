extension Family {
    /// Nemotron and Minitron (arXiv 2402.16819).
    static let nemotron = Family(
        "nemotron",
        summary: "layer norms with weights stored less one, rotary positions on half of each head, squared ReLU"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 256_000, width: 6144, intermediate: 24_576, heads: 48), epsilon: 1e-5,
                epsilonKey: "norm_eps",
                rotary: RotaryKeys(
                    fraction: "partial_rotary_factor", defaultFraction: 0.5, defaultContext: 4096),
                activation: "relu2"))
        form.takeLayerNorms()
        form.norm.weightOffset = 1
        form.isGated = false
        try form.takeAttentionBias()
        try form.takeMLPBias()
        return try form.description()
    }
}
