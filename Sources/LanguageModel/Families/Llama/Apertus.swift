import JSON

extension Family {
    /// Apertus (arXiv 2509.14233).
    static let apertus = Family(
        "apertus", summary: "Llama with xIELU in a plain MLP, and a norm on each query and key head"
    ) { (settings) throws(LanguageModelError) in
        let scaling: JSONValue = [
            "rope_type": "llama3", "rope_theta": 12_000_000, "factor": 8, "original_max_position_embeddings": 8192,
            "low_freq_factor": 1, "high_freq_factor": 4,
        ]
        var form = try LlamaForm(
            settings,
            .init(
                sizes: .init(vocabulary: 131_072, intermediate: 14_336), epsilon: 1e-5,
                rotary: RotaryKeys(
                    defaultBase: 12_000_000, defaultContext: 65_536, defaultParameters: scaling),
                activation: "xielu",
                names: .init(attentionNorm: "attention_layernorm", mlpNorm: "feedforward_layernorm")))
        form.isGated = false
        form.headNorm = .perHead
        try form.takeAttentionBias()
        return try form.description()
    }
}
