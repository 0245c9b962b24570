import JSON

extension FamilySettings {
    /// BitNet b1.58: Llama with squared ReLU and a norm in front of each sublayer's last linear map; quantized
    /// checkpoints round the inputs of their linear maps to 8 bits per token.
    func bitnet() throws(LanguageModelError) -> DecoderDescription {
        var form = try LlamaForm(
            self, .init(keyHeads: 5, epsilon: 1e-5, rotary: RotaryKeys(defaultBase: 500_000), activation: "relu2"))
        form.queryBias = try flag("attention_bias", default: false)
        form.outputBias = form.queryBias
        form.hasInnerNorms = true
        let quantization = try bitnetQuantization()
        form.quantization = { _ in quantization }
        return try form.description(modelType: "bitnet")
    }
}

extension FamilySettings {
    /// How linear maps round their inputs, as `quantization_config` says; nil for a plain checkpoint.
    func bitnetQuantization() throws(LanguageModelError) -> ActivationQuantization? {
        guard let config = json["quantization_config"]?.object, config["quant_method"]?.string == "bitnet" else {
            return nil
        }
        let settings = FamilySettings(json: config, hasModule: hasModule)
        try settings.refuse("use_rms_norm")
        switch try settings.text("quantization_mode", default: "offline") {
        case "offline": return ActivationQuantization(ternarizesWeight: false)
        case "online": return ActivationQuantization(ternarizesWeight: true)
        case let mode:
            throw .unsupported(
                key: "quantization_config.quantization_mode", found: "'\(mode)'", supported: "offline, online")
        }
    }
}
