extension Family {
    /// Phi 1, 1.5 and 2 (arXiv 2306.11644).
    static let phi = Family(
        "phi",
        summary: "parallel residual behind one layer norm, rotary positions on half of each head, biases everywhere"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 51_200, width: 2048, intermediate: 8192, layers: 24), epsilon: 1e-5,
                epsilonKey: "layer_norm_eps",
                rotary: RotaryKeys(fraction: "partial_rotary_factor", defaultFraction: 0.5), activation: "gelu_new",
                names: .phi, headsDivideWidth: true))
        form.takeLayerNorms()
        form.isGated = false
        form.isParallel = true
        form.queryBias = true
        form.outputBias = true
        form.mlpBias = true
        form.hasHeadBias = true
        if try settings.flag("qk_layernorm", default: false) { form.headNorm = .perHead }
        return try form.description()
    }

    /// Phi 3 and 4 (arXiv 2404.14219).
    static let phi3 = Family(
        "phi3", summary: "Llama with one linear layer for q, k, v and one for gate and up, and LongRoPE"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 32_064, width: 3072, intermediate: 8192), epsilon: 1e-5,
                rotary: RotaryKeys(
                    fraction: "partial_rotary_factor", defaultContext: 4096, defaultOriginalContext: 4096,
                    longTypes: ["longrope", "su", "yarn"]),
                names: .init(fusedAttention: "qkv_proj", fusedMLP: "gate_up_proj")))
        switch form.rotary.scaling {
        case .none, .long: break
        case .linear, .dynamic, .llama3, .yarn:
            throw .unsupported(key: "rope_type", found: "another", supported: "default, longrope")
        }
        let window = try settings.optionalSize("sliding_window")
        form.slidingWindows = Array(repeating: window, count: form.layerCount)
        return try form.description()
    }
}

extension LlamaNames {
    fileprivate static let phi = LlamaNames(
        finalNorm: "final_layernorm", output: "dense", queryNorm: "q_layernorm", keyNorm: "k_layernorm", up: "fc1",
        down: "fc2", activation: "activation_fn")
}
