import JSON

/// Where the rotary base of a type of layers stands in a configuration of the old form, and what it is where it does not.
struct RotaryBase {
    var key: String?
    var absent: Double
}

extension FamilySettings {
    /// The same settings with the rotary ones in the new form of OLMo 3 and Gemma 3, an entry for each type of layer.
    ///
    /// As transformers makes it of the old one: `rope_scaling` and a `rope_theta` beside it are of the layers with full
    /// attention alone. Settings directly under `rope_parameters`, in no type's entry, are nobody's: transformers 5.24
    /// passes over them.
    func withRotarySettingsByLayerType(
        full: RotaryBase, sliding: RotaryBase
    ) throws(LanguageModelError) -> FamilySettings {
        let given = try rotaryObject(json["rope_parameters"], key: "rope_parameters")
        if let scaling = json["rope_scaling"], scaling != .null, let both = json["rope_parameters"], both != .null,
            given["full_attention"]?.object == nil
        {
            throw .setting(
                key: "rope_scaling", found: scaling.canonicalText,
                expected: "absent beside 'rope_parameters' without an entry 'full_attention'")
        }
        let old = json
        var entries = JSONObject()
        for (type, base) in [("full_attention", full), ("sliding_attention", sliding)] {
            var entry = try rotaryObject(given[type], key: "rope_parameters.\(type)")
            if type == "full_attention" {
                let scaling = try rotaryObject(json["rope_scaling"], key: "rope_scaling")
                for member in scaling.members { entry[member.key] = member.value }
            }
            entry["rope_theta"] = entry["rope_theta"] ?? base.key.flatMap { old[$0] } ?? .number(base.absent)
            // Transformers looks for it beside the entries.
            entry["truncate"] = given["truncate"]
            entries[type] = .object(entry)
        }
        var json = json
        for key in ["rope_scaling", "rope_theta", "rope_local_base_freq", "original_max_position_embeddings"] {
            json[key] = nil
        }
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
