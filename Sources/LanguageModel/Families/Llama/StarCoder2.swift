extension Family {
    /// StarCoder 2 (arXiv 2402.19173).
    static let starCoder2 = Family(
        "starcoder2", summary: "layer norms, rotary positions, grouped queries, a plain MLP, biases everywhere"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 49_152, width: 3072, intermediate: 12_288, layers: 30, heads: 24),
                keyValueHeads: 2, epsilon: 1e-5, epsilonKey: "norm_epsilon",
                rotary: RotaryKeys(defaultContext: 4096), activation: "gelu_pytorch_tanh",
                names: .init(up: "c_fc", down: "c_proj", activation: "act")))
        form.takeLayerNorms()
        form.isGated = false
        let bias = try settings.flag("use_bias", default: true)
        (form.queryBias, form.outputBias, form.mlpBias) = (bias, bias, bias)
        let window = try settings.optionalSize("sliding_window")
        form.slidingWindows = Array(repeating: window, count: form.layerCount)
        return try form.description(tiedByDefault: true)
    }
}
