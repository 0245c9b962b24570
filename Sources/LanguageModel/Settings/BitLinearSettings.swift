import JSON

extension FamilySettings {
    /// The form of the linear layers that BitNet's `quantization_config` asks for, in whatever family; nil for plain ones.
    ///
    /// Such layers quantize their inputs to 8 bits per token.
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
