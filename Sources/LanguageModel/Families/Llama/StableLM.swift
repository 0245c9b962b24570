extension Family {
    /// StableLM (arXiv 2402.17834).
    static let stableLM = Family(
        "stablelm",
        summary:
            "Llama with layer norms and rotary positions on a quarter of each head; parallel or sequential residual"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 50_304, width: 2560, intermediate: 6912), keyValueHeads: 32, epsilon: 1e-5,
                epsilonKey: "layer_norm_eps",
                rotary: RotaryKeys(
                    fraction: "partial_rotary_factor", defaultFraction: 0.25, defaultContext: 4096),
                names: .init(queryNorm: "q_layernorm.norms", keyNorm: "k_layernorm.norms"), headsDivideWidth: true))
        form.takeLayerNorms()
        form.queryBias = try settings.flag("use_qkv_bias", default: false)
        form.isParallel = try settings.flag("use_parallel_residual", default: false)
        if try settings.flag("qk_layernorm", default: false) { form.headNorm = .ownModuleForEachHead }
        return try form.description()
    }
}
