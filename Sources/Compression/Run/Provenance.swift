package import JSON

/// Where a compressed checkpoint comes from, for its `provenance.json`.
package struct Provenance: Sendable, Equatable {
    /// The digest that identifies the source checkpoint, nil where nobody asked for it.
    package let source: String?
    /// The version of this tool.
    package let version: String
    /// What calibrated it, if anything did: shard digest, windows, context, damping.
    package let calibration: JSONObject?
    /// What a method that scales channels could not scale.
    package var scaling: JSONObject?
    /// The modules of experts that too little of the calibration text reached: their weights were rounded or pruned as if
    /// all inputs were alike, which is round to nearest for GPTQ.
    package var fewTokens: [String] = []

    package init(source: String?, version: String, calibration: JSONObject? = nil) {
        self.source = source
        self.version = version
        self.calibration = calibration
    }

    static let file = "provenance.json"

    /// The file's content; equal inputs give equal bytes, so no times and no paths.
    ///
    /// `more` is what only some forms of storage have to say.
    func json(_ spec: Spec, bitsPerWeight: Double, more: JSONObject = JSONObject()) -> JSONValue {
        var object = JSONObject()
        object["tool"] = "qid"
        object["version"] = .string(version)
        object["name"] = .string(spec.name)
        object["spec"] = spec.canonical
        object["source"] = source.map { .string($0) } ?? .null
        if let calibration { object["calibration"] = .object(calibration) }
        if let scaling { object["scaling"] = .object(scaling) }
        if !fewTokens.isEmpty {
            object["few_tokens"] = [
                "count": .integer(fewTokens.count), "modules": .array(fewTokens.map { .string($0) }),
            ]
        }
        object["bits_per_weight"] = .number(bitsPerWeight)
        for member in more.members { object[member.key] = member.value }
        return .object(object)
    }
}
