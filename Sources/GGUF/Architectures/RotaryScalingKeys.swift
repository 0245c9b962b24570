import JSON

extension ConfigurationDraft {
    /// Takes the scaling of rotary frequencies: keys, and the factors that some files have as tensors.
    ///
    /// Factors of `rope_freqs` (Llama 3) divide each frequency; LongRoPE's are two lists of such.
    mutating func copyRotaryScaling(factors: (String) throws(GGUFError) -> [Float]?) throws(GGUFError) {
        try copyNumber("rope.freq_base", "rope_theta")
        pass(["rope.scaling.finetuned"])
        let type = try text("rope.scaling.type")
        let factor = try number("rope.scaling.factor")
        let linear = try number("rope.scale_linear")
        let original = try size("rope.scaling.original_context_length")
        let amplitude = try number("rope.scaling.attn_factor")
        if let single = try factors("rope_freqs.weight") {
            guard type == nil || type == "none" else { throw scaling("none beside 'rope_freqs.weight'") }
            json["rope_scaling"] = long(single, single, original: nil, amplitude: 1)
            return
        }
        if let short = try factors("rope_factors_short.weight"), let long = try factors("rope_factors_long.weight") {
            json["rope_scaling"] = self.long(short, long, original: original, amplitude: amplitude)
            if let original { json["original_max_position_embeddings"] = .integer(original) }
            return
        }
        switch type {
        case nil, "none":
            if let linear, linear != 1 { json["rope_scaling"] = ["rope_type": "linear", "factor": .number(linear)] }
        case "linear":
            let factor = try metadata.required(key("rope.scaling.factor"), factor ?? linear, "a number")
            json["rope_scaling"] = ["rope_type": "linear", "factor": .number(factor)]
        case "yarn": try copyYarn(factor, original: original, amplitude: amplitude)
        default: throw scaling("none, linear, yarn, or longrope with 'rope_factors_short' and 'rope_factors_long'")
        }
    }

    private func scaling(_ expected: String) -> GGUFError { metadata.wrong(key("rope.scaling.type"), expected) }

    private func long(_ short: [Float], _ long: [Float], original: Int?, amplitude: Double?) -> JSONValue {
        func list(_ factors: [Float]) -> JSONValue { .array(factors.map { GGUFValue.float32($0).json }) }
        var object = JSONObject([
            .init(key: "rope_type", value: "longrope"), .init(key: "short_factor", value: list(short)),
            .init(key: "long_factor", value: list(long)),
        ])
        if let original { object["original_max_position_embeddings"] = .integer(original) }
        if let amplitude { object["attention_factor"] = .number(amplitude) }
        return .object(object)
    }

    private mutating func copyYarn(_ factor: Double?, original: Int?, amplitude: Double?) throws(GGUFError) {
        var object = JSONObject([
            .init(key: "rope_type", value: "yarn"),
            .init(
                key: "factor",
                value: .number(try metadata.required(key("rope.scaling.factor"), factor, "a number"))),
        ])
        if let original { object["original_max_position_embeddings"] = .integer(original) }
        if let amplitude { object["attention_factor"] = .number(amplitude) }
        if let fast = try number("rope.scaling.yarn_beta_fast") { object["beta_fast"] = .number(fast) }
        if let slow = try number("rope.scaling.yarn_beta_slow") { object["beta_slow"] = .number(slow) }
        for name in ["rope.scaling.yarn_ext_factor", "rope.scaling.yarn_attn_factor"] {
            guard let value = try number(name), value != 1 else { continue }
            throw metadata.wrong(key(name), "1")
        }
        json["rope_scaling"] = .object(object)
    }
}
