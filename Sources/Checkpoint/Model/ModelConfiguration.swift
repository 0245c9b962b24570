package import FoundationEssentials
package import JSON

/// A checkpoint's `config.json`, parsed.
package struct ModelConfiguration: Sendable {
    package let file: String
    package let json: JSONObject
    /// The family of the architecture, as `"gpt_neox"`.
    package let modelType: String

    package init(json: JSONObject, file: String) throws(CheckpointError) {
        self.file = file
        self.json = json
        let (key, expected) = ("model_type", "a string")
        guard let value = json[key], value != .null else {
            throw .missingKey(file: file, key: key, expected: expected)
        }
        guard let name = value.string else {
            throw .wrongValue(file: file, key: key, found: value.canonicalText, expected: expected)
        }
        modelType = name
    }

    package init(file location: URL) throws(CheckpointError) {
        let file = location.path(percentEncoded: false)
        let bytes = try WeightFiles.contents(location)
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .malformedConfiguration(file: file, reason: error)
        }
        guard let json = value.object else { throw .configurationNotObject(file: file, found: value.kind) }
        try self.init(json: json, file: file)
    }

    /// The declared type of the weights, `torch_dtype` in old configurations, without a leading `torch.`.
    package var declaredType: String? {
        let text = json["dtype"]?.string ?? json["torch_dtype"]?.string
        return text.map { $0.hasPrefix("torch.") ? String($0.dropFirst(6)) : $0 }
    }
}
