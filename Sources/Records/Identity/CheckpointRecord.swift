package import JSON

/// What the store knows of a checkpoint whatever place it came from: `store/checkpoints/<digest>/checkpoint.json`.
package struct CheckpointRecord: Sendable, Equatable {
    /// SHA-256 over the tensors' names, types, shapes and bytes.
    package var digest: String
    /// SHA-256 of `config.json`.
    package var config: String
    /// SHA-256 of `tokenizer.json`, if one lies beside the weights.
    package var tokenizer: String?
    package var architecture: String
    package var dtype: String
    package var size: ModelSize
    /// How its weights are compressed as they are stored, `gptq-w4-g128`; nil for plain ones.
    package var storedScheme: String?

    package init(
        digest: String, config: String, tokenizer: String?, architecture: String, dtype: String, size: ModelSize,
        storedScheme: String? = nil
    ) {
        (self.digest, self.config, self.tokenizer, self.architecture) = (digest, config, tokenizer, architecture)
        (self.dtype, self.size, self.storedScheme) = (dtype, size, storedScheme)
    }

    package var json: JSONValue {
        var object = JSONObject([
            .init(key: "digest", value: .string(digest)), .init(key: "config_sha256", value: .string(config)),
            .init(key: "tokenizer_sha256", value: .string(orNull: tokenizer)),
            .init(key: "architecture", value: .string(architecture)), .init(key: "dtype", value: .string(dtype)),
        ])
        size.add(to: &object)
        object["stored_scheme"] = storedScheme.map { .string($0) }
        return .object(object)
    }

    /// Reads the record back; nil if it is not one.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let digest = object["digest"]?.string,
            let config = object["config_sha256"]?.string, let architecture = object["architecture"]?.string,
            let dtype = object["dtype"]?.string, let size = ModelSize(members: object)
        else { return nil }
        self.init(
            digest: digest, config: config, tokenizer: object["tokenizer_sha256"]?.string, architecture: architecture,
            dtype: dtype, size: size, storedScheme: object["stored_scheme"]?.string)
    }
}
