extension Family {
    /// BitNet b1.58 (arXiv 2402.17764).
    static let bitNet = Family(
        "bitnet", summary: "Llama with squared ReLU and a norm in front of each sublayer's last linear layer"
    ) { (settings) throws(LanguageModelError) in
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 128_256, width: 2560, intermediate: 6912, layers: 30, heads: 20),
                keyValueHeads: 5, epsilon: 1e-5, rotary: RotaryKeys(defaultBase: 500_000), activation: "relu2"))
        try form.takeAttentionBias()
        form.hasInnerNorms = true
        return try form.description()
    }
}
