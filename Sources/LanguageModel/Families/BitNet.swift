import JSON

extension FamilySettings {
    /// BitNet b1.58: Llama with squared ReLU and a norm in front of each sublayer's last linear layer; quantized
    /// checkpoints round the inputs of their linear layers to 8 bits per token.
    func bitnet() throws(LanguageModelError) -> DecoderDescription {
        var form = try LlamaForm(
            self,
            .init(
                sizes: .init(vocabulary: 128_256, width: 2560, intermediate: 6912, layers: 30, heads: 20),
                keyValueHeads: 5,
                epsilon: 1e-5, rotary: RotaryKeys(defaultBase: 500_000), activation: "relu2"))
        form.queryBias = try flag("attention_bias", default: false)
        form.outputBias = form.queryBias
        form.hasInnerNorms = true
        return try form.description(modelType: "bitnet")
    }
}

extension FamilySettings {
    /// The form of the linear layers that `quantization_config` asks for; nil for plain ones.
    func bitLinear() throws(LanguageModelError) -> BitLinearForm? {
        guard let config = json["quantization_config"]?.object, config["quant_method"]?.string == "bitnet" else {
            return nil
        }
        let settings = FamilySettings(json: config, hasModule: hasModule)
        try settings.refuse("use_rms_norm")
        if let kept = config["modules_to_not_convert"], kept != .null, kept != ["lm_head"] {
            throw .unsupported(
                key: "quantization_config.modules_to_not_convert", found: kept.canonicalText,
                supported: "null, [\"lm_head\"]")
        }
        let kind = try settings.text("linear_class", default: "bitlinear")
        let mode = try settings.text("quantization_mode", default: "offline")
        switch (kind, mode) {
        case ("autobitlinear", "online"): return .full
        case ("autobitlinear", "offline"): return .packed(scaleDivides: false)
        case ("bitlinear", "offline"): return .packed(scaleDivides: true)
        default:
            throw .unsupported(
                key: "quantization_config.quantization_mode", found: "'\(mode)' for '\(kind)'",
                supported: "'offline', and 'online' for 'autobitlinear'")
        }
    }
}
