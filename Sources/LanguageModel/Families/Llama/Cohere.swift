extension Family {
    /// Cohere's Command R.
    static let cohere = Family(
        "cohere",
        summary: "parallel residual behind one layer norm without bias, rotary positions of neighbours, scaled logits"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 256_000, width: 8192, intermediate: 22_528, layers: 40, heads: 64),
                epsilon: 1e-5, epsilonKey: "layer_norm_eps",
                rotary: RotaryKeys(defaultBase: 500_000, defaultContext: 8192, pairsNeighbors: true)))
        form.takeLayerNorms(bias: false)
        form.isParallel = true
        try form.takeAttentionBias()
        if try settings.flag("use_qk_norm", default: false) { form.headNorm = .ownForEachHead }
        form.logitScale = Float(try settings.number("logit_scale", default: 0.0625))
        return try form.description(tiedByDefault: true)
    }
}
