extension Family {
    /// Qwen 3 (arXiv 2505.09388).
    static let qwen3 = Family(
        "qwen3", summary: "Llama with a norm on each query and key head, and a head size of its own"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(settings, .init(sizes: .qwen, keyValueHeads: 32, headSize: 128, rotary: .qwen))
        try form.takeAttentionBias()
        form.headNorm = .perHead
        form.slidingWindows = try settings.qwenWindows(layerCount: form.layerCount)
        return try form.description()
    }
}
