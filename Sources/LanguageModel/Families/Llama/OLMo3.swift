import JSON

extension Family {
    /// OLMo 3.
    static let olmo3 = Family(
        "olmo3", summary: "OLMo 2 with a sliding window in three layers of four, where rotary scaling does not apply"
    ) { (given) throws(LanguageModelError) in
        let settings = try given.withRotarySettingsByLayerType()
        let base = 500_000.0
        var form = try LlamaForm(
            olmo2: settings, rotary: RotaryKeys(defaultBase: base, layerType: "full_attention"))
        guard let window = try settings.optionalSize("sliding_window", default: 4096) else {
            throw .setting(key: "sliding_window", found: "null", expected: "a size")
        }
        form.slidingWindows = try settings.slidingWindows(layerCount: form.layerCount, window: window) {
            ($0 + 1) % 4 != 0
        }
        form.slidingRotary = try settings.rotary(
            headSize: form.headSize, keys: RotaryKeys(defaultBase: base, layerType: "sliding_attention"))
        return try form.description()
    }
}

extension FamilySettings {
    /// The same settings with the rotary ones in OLMo 3's new form, an entry for each type of layer.
    ///
    /// As transformers makes it of the old one: `rope_scaling` and a `rope_theta` beside it are of the layers with full
    /// attention alone; 500000 stands for a base that is not there. Settings directly under `rope_parameters`, in no
    /// type's entry, are nobody's: transformers 5.23 passes over them.
    fileprivate func withRotarySettingsByLayerType() throws(LanguageModelError) -> FamilySettings {
        let given = try rotaryObject(json["rope_parameters"], key: "rope_parameters")
        let types = ["full_attention", "sliding_attention"]
        if let scaling = json["rope_scaling"], scaling != .null, let both = json["rope_parameters"], both != .null,
            given["full_attention"]?.object == nil
        {
            throw .setting(
                key: "rope_scaling", found: scaling.canonicalText,
                expected: "absent beside 'rope_parameters' without an entry 'full_attention'")
        }
        var base = json["rope_theta"]
        var entries = JSONObject()
        for type in types {
            var entry = try rotaryObject(given[type], key: "rope_parameters.\(type)")
            if type == "full_attention" {
                let scaling = try rotaryObject(json["rope_scaling"], key: "rope_scaling")
                for member in scaling.members { entry[member.key] = member.value }
            }
            entry["rope_theta"] = entry["rope_theta"] ?? base ?? 500_000
            base = nil
            // Transformers looks for it beside the entries.
            entry["truncate"] = given["truncate"]
            entries[type] = .object(entry)
        }
        var json = json
        for key in ["rope_scaling", "rope_theta", "original_max_position_embeddings"] { json[key] = nil }
        json["rope_parameters"] = .object(entries)
        return FamilySettings(json: json, hasModule: hasModule)
    }

    private func rotaryObject(_ value: JSONValue?, key: String) throws(LanguageModelError) -> JSONObject {
        guard let value, value != .null else { return JSONObject() }
        guard let object = value.object else {
            throw .setting(key: key, found: value.canonicalText, expected: "an object or null")
        }
        return object
    }
}
