package import FoundationEssentials
package import JSON
import System

/// A checkpoint's `config.json`, parsed.
package struct ModelConfiguration: Sendable {
    package let file: String
    package let json: JSONObject
    /// The family of the architecture, as `"gpt_neox"`.
    package let modelType: String
    /// What is said of how weights are quantized: `quantization_config`, or what ModelOpt's exports have beside it.
    package let quantization: JSONValue?
    /// Where that is said.
    package let quantizationSource: Source

    /// A hundred times the largest that are known, so that one who fills memory is refused first.
    static let byteLimit = 1 << 22

    /// A member of a file.
    package struct Source: Sendable, Equatable {
        package let file: String
        package let key: String
    }

    package init(json: JSONObject, file: String) throws(CheckpointError) {
        try self.init(json: json, file: file, modelOpt: nil)
    }

    private init(json: JSONObject, file: String, modelOpt: ModelOptExport?) throws(CheckpointError) {
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
        let own = json["quantization_config"]
        if own == nil || own == .null, let modelOpt {
            (quantization, quantizationSource) = (.object(modelOpt.quantization), modelOpt.source)
        } else {
            (quantization, quantizationSource) = (own, Source(file: file, key: "quantization_config"))
        }
    }

    /// Reads the `config.json` of a directory, and what else there says how weights are quantized.
    package init(directory: URL) throws(CheckpointError) {
        try self.init(
            file: directory.appending(path: "config.json"), modelOpt: ModelOptExport(directory: directory))
    }

    package init(file location: URL) throws(CheckpointError) { try self.init(file: location, modelOpt: nil) }

    private init(file location: URL, modelOpt: ModelOptExport?) throws(CheckpointError) {
        let file = location.path(percentEncoded: false)
        let bytes = try CheckpointError.attempt { () throws(SystemError) in
            try readFile(location, limit: Self.byteLimit)
        }
        try self.init(json: Self.object(bytes, file: file), file: file, modelOpt: modelOpt)
    }

    /// The object that a file of JSON holds.
    static func object(_ bytes: [UInt8], file: String) throws(CheckpointError) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .malformedConfiguration(file: file, reason: error)
        }
        guard let json = value.object else { throw .configurationNotObject(file: file, found: value.kind) }
        return json
    }

    /// The declared type of the weights, `torch_dtype` in old configurations, without a leading `torch.`.
    package var declaredType: String? {
        let text = json["dtype"]?.string ?? json["torch_dtype"]?.string
        return text.map { $0.hasPrefix("torch.") ? String($0.dropFirst(6)) : $0 }
    }
}
