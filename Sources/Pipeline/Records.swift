package import JSON

/// What the store knows of a checkpoint whatever place it came from: `store/checkpoints/<digest>/checkpoint.json`.
package struct CheckpointRecord: Sendable, Equatable {
    /// SHA-256 over the tensors' names, types, shapes and bytes.
    package let digest: String
    /// SHA-256 of `config.json`.
    package let config: String
    /// SHA-256 of `tokenizer.json`, if one lies beside the weights.
    package let tokenizer: String?
    package let architecture: String
    package let dtype: String
    package let parameters: Int
    package let nonEmbeddingParameters: Int
    package let layers: Int
    package let width: Int
    package let vocabulary: Int

    package init(
        digest: String, config: String, tokenizer: String?, architecture: String, dtype: String, parameters: Int,
        nonEmbeddingParameters: Int, layers: Int, width: Int, vocabulary: Int
    ) {
        self.digest = digest
        self.config = config
        self.tokenizer = tokenizer
        self.architecture = architecture
        self.dtype = dtype
        self.parameters = parameters
        self.nonEmbeddingParameters = nonEmbeddingParameters
        self.layers = layers
        self.width = width
        self.vocabulary = vocabulary
    }

    package var json: JSONValue {
        [
            "digest": .string(digest), "config_sha256": .string(config), "tokenizer_sha256": .string(orNull: tokenizer),
            "architecture": .string(architecture), "dtype": .string(dtype), "params_total": .integer(parameters),
            "params_non_embedding": .integer(nonEmbeddingParameters), "layers": .integer(layers),
            "width": .integer(width), "vocabulary": .integer(vocabulary),
        ]
    }

    /// Reads the record back; nil if it is not one.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let digest = object["digest"]?.string,
            let config = object["config_sha256"]?.string, let architecture = object["architecture"]?.string,
            let dtype = object["dtype"]?.string, let parameters = object["params_total"]?.int,
            let nonEmbedding = object["params_non_embedding"]?.int, let layers = object["layers"]?.int,
            let width = object["width"]?.int, let vocabulary = object["vocabulary"]?.int
        else { return nil }
        self.init(
            digest: digest, config: config, tokenizer: object["tokenizer_sha256"]?.string, architecture: architecture,
            dtype: dtype, parameters: parameters, nonEmbeddingParameters: nonEmbedding, layers: layers, width: width,
            vocabulary: vocabulary)
    }
}

/// What a place in an archive was found to hold: `store/sources/<key>.json`. The key covers the place, the state of its
/// files (names, sizes, times) and the rule by which step and tokens are read, so an unchanged place is never read twice.
package struct SourceRecord: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case checkpoint(digest: String)
        /// Its bytes are wrong; reading them again would say the same.
        case rejected(reason: String)
    }

    package let path: String
    package let form: String
    package let family: String
    package let step: Int?
    package let tokens: Int?
    package let phase: String
    package let outcome: Outcome

    package init(
        path: String, form: String, family: String, step: Int?, tokens: Int?, phase: String, outcome: Outcome
    ) {
        self.path = path
        self.form = form
        self.family = family
        self.step = step
        self.tokens = tokens
        self.phase = phase
        self.outcome = outcome
    }

    package var digest: String? {
        if case .checkpoint(let digest) = outcome { digest } else { nil }
    }

    package var json: JSONValue {
        var object: JSONObject = JSONObject([
            .init(key: "path", value: .string(path)), .init(key: "form", value: .string(form)),
            .init(key: "family", value: .string(family)), .init(key: "step", value: .integer(orNull: step)),
            .init(key: "tokens", value: .integer(orNull: tokens)), .init(key: "phase", value: .string(phase)),
        ])
        switch outcome {
        case .checkpoint(let digest): object["checkpoint"] = .string(digest)
        case .rejected(let reason): object["rejected"] = .string(reason)
        }
        return .object(object)
    }

    /// Reads the record back; nil if it is not one.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let path = object["path"]?.string, let form = object["form"]?.string,
            let family = object["family"]?.string, let phase = object["phase"]?.string
        else { return nil }
        let outcome: Outcome
        switch (object["checkpoint"]?.string, object["rejected"]?.string) {
        case (let digest?, nil): outcome = .checkpoint(digest: digest)
        case (nil, let reason?): outcome = .rejected(reason: reason)
        default: return nil
        }
        self.init(
            path: path, form: form, family: family, step: object["step"]?.int, tokens: object["tokens"]?.int,
            phase: phase, outcome: outcome)
    }
}

extension JSONValue {
    package static func string(orNull value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    package static func integer(orNull value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
    package static func number(orNull value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
}
