import JSON

/// How a module is stored by GPTQ's tools, as far as its tensors' shapes do not say it.
struct GPTQSettings: Sendable, Equatable {
    let bits: Int
    /// Inputs that share a scale; nil for all of them.
    let groupLength: Int?
    let scattersGroups: Bool
    /// Whether every zero point must be 2ᵇ⁻¹.
    let symmetric: Bool

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        bits = try reading.choice(object, "bits", from: [2, 3, 4, 8])
        groupLength = try reading.groupLength(object, "group_size")
        scattersGroups = try reading.flag(object, "desc_act", default: false)
        symmetric = try reading.flag(object, "sym", default: false)
    }

    /// The same with what an object says instead.
    func overridden(by object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) -> GPTQSettings {
        var whole = JSONObject()
        whole["bits"] = object["bits"] ?? .integer(bits)
        whole["group_size"] = object["group_size"] ?? .integer(groupLength ?? -1)
        whole["desc_act"] = object["desc_act"] ?? .bool(scattersGroups)
        whole["sym"] = object["sym"] ?? .bool(symmetric)
        return try GPTQSettings(whole, reading)
    }
}

/// GPTQModel's `dynamic`: settings by expressions for names of modules, of which the first that matches counts.
///
/// `"+:PATTERN": {"bits": 8, …}` (or without `+:`) changes some settings; `"-:PATTERN": {}` leaves modules as they were.
struct GPTQDynamic: Sendable {
    private struct Rule: Sendable {
        let pattern: ModulePattern
        /// Nil for modules that are left as they were.
        let settings: GPTQSettings?
    }

    private var rules: [Rule] = []

    init(_ value: JSONValue?, _ common: GPTQSettings, _ reading: ConfigurationReading) throws(CompressionError) {
        guard let value, value != .null, value != false else { return }
        let key = "\(reading.section).dynamic"
        for member in try reading.object(value, key).members {
            let leavesOut = member.key.hasPrefix("-:")
            let text = leavesOut || member.key.hasPrefix("+:") ? String(member.key.dropFirst(2)) : member.key
            let pattern = try reading.expression(text, key)
            let settings =
                leavesOut
                ? nil
                : try common.overridden(
                    by: reading.object(member.value, "\(key).\(member.key)"), reading.inside("dynamic.\(member.key)"))
            rules.append(Rule(pattern: pattern, settings: settings))
        }
    }

    /// Whether some modules have settings of their own.
    var hasSettings: Bool { rules.contains { $0.settings != nil } }

    /// What is said of a module; nil for one that is left as it was.
    func settings(of module: String, _ common: GPTQSettings) -> GPTQSettings? {
        guard let rule = rules.first(where: { $0.pattern.matches(module) }) else { return common }
        return rule.settings
    }
}
