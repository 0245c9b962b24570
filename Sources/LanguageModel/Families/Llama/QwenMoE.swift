extension Family {
    /// Qwen 1.5 and 2 MoE.
    static let qwen2MoE = Family(
        "qwen2_moe", summary: "Qwen 2 with experts in some layers, one of which every token goes through"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 151_936, width: 2048, intermediate: 5632, layers: 24, heads: 16),
                keyValueHeads: 16, rotary: .qwen))
        form.queryBias = try settings.flag("qkv_bias", default: true)
        let slides = try settings.flag("use_sliding_window", default: false)
        let window = slides ? try settings.optionalSize("sliding_window", default: 4096) : nil
        let last = try settings.number("max_window_layers", default: 28)
        form.slidingWindows = try settings.slidingWindows(layerCount: form.layerCount, window: window) {
            ($0 + 1) % 2 != 0 && Double($0) < last
        }
        let normalized = try settings.flag("norm_topk_prob", default: false)
        var experts = try ExpertsForm(
            settings, count: 60, perToken: 4, sizeKey: "moe_intermediate_size", size: 1408,
            weighting: .softmaxOfAll(normalized: normalized))
        experts.sharedSize = try settings.size("shared_expert_intermediate_size", default: 5632)
        experts.denseLayers = try settings.qwenDenseLayers(layerCount: form.layerCount)
        form.experts = experts
        return try form.description()
    }

    /// Qwen 3 MoE (arXiv 2505.09388).
    static let qwen3MoE = Family(
        "qwen3_moe", summary: "Qwen 3 with experts in some layers"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 151_936, width: 2048, intermediate: 6144, layers: 24), keyValueHeads: 4,
                rotary: .qwen))
        form.headNorm = .perHead
        try form.takeAttentionBias()
        let slides = try settings.flag("use_sliding_window", default: false)
        let window = slides ? try settings.optionalSize("sliding_window", default: 4096) : nil
        form.slidingWindows = Array(repeating: window, count: form.layerCount)
        let normalized = try settings.flag("norm_topk_prob", default: false)
        var experts = try ExpertsForm(
            settings, count: 128, perToken: 8, sizeKey: "moe_intermediate_size", size: 768,
            weighting: .softmaxOfAll(normalized: normalized))
        experts.denseLayers = try settings.qwenDenseLayers(layerCount: form.layerCount)
        form.experts = experts
        return try form.description()
    }
}
