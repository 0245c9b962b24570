package import JSON

/// The JSON Schema of a line of specs.
package enum SpecSchema {
    /// A mapping of keys to values or lists of these.
    package static var spec: JSONValue {
        var properties = JSONObject()
        for key in SpecKey.all {
            properties[key.name] = [
                "description": .string(description(key)),
                "oneOf": [key.schema, ["type": "array", "minItems": 1, "items": key.schema]],
            ]
        }
        return [
            "type": "object", "additionalProperties": false, "required": [.string(SpecKey.method.name)],
            "anyOf": .array(deciding.map { ["required": [.string($0.name)]] }),
            "properties": .object(properties),
        ]
    }

    /// The keys of which one says what becomes of weights or of what is computed with them.
    private static var deciding: [SpecKey] {
        let needed = SpecKey.all.filter { key in Method.all.contains { $0.neededKeys.contains(key) } }
        return [.bits, .format, .levels] + needed + [.cache, .rotate]
    }

    private static func description(_ key: SpecKey) -> String {
        let summary = key == .method ? methods : key.summary
        guard !key.isCommon else { return summary + "." }
        let needing = key.takers.filter { $0.neededKeys.contains(key) }.map(\.name)
        return summary + "; for " + key.takers.map(\.name).joined(separator: ", ")
            + (needing.isEmpty ? "." : ", needed for " + needing.joined(separator: ", ") + ".")
    }

    private static var methods: String { Method.all.map { "\($0.name) \($0.summary)" }.joined(separator: ". ") }
}
