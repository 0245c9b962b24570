extension Family {
    /// Mixtral (arXiv 2401.04088).
    static let mixtral = Family(
        "mixtral", summary: "Mistral with experts in every layer, of which the chosen ones' weights sum to 1"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(intermediate: 14_336), keyValueHeads: 8, epsilon: 1e-5,
                rotary: RotaryKeys(defaultBase: 1_000_000, defaultContext: 131_072)))
        let window = try settings.optionalSize("sliding_window")
        form.slidingWindows = Array(repeating: window, count: form.layerCount)
        var experts = try ExpertsForm(
            settings, count: 8, perToken: 2, sizeKey: "intermediate_size", size: 14_336,
            weighting: .softmaxOfAll(normalized: true))
        experts.module = settings.hasModule(form.firstLayer + ".block_sparse_moe.gate") ? "block_sparse_moe" : "mlp"
        if settings.hasModule(form.firstLayer + ".\(experts.module).experts.0.w1") {
            experts.names = LlamaNames(gate: "w1", up: "w3", down: "w2")
        }
        form.experts = experts
        return try form.description()
    }
}
