package import Compression
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
    /// How its weights are compressed as they are stored, `gptq-w4-g128`; nil for plain ones.
    package let storedScheme: String?

    package init(
        digest: String, config: String, tokenizer: String?, architecture: String, dtype: String, parameters: Int,
        nonEmbeddingParameters: Int, layers: Int, width: Int, vocabulary: Int, storedScheme: String? = nil
    ) {
        self.storedScheme = storedScheme
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
        var object = JSONObject([
            .init(key: "digest", value: .string(digest)), .init(key: "config_sha256", value: .string(config)),
            .init(key: "tokenizer_sha256", value: .string(orNull: tokenizer)),
            .init(key: "architecture", value: .string(architecture)), .init(key: "dtype", value: .string(dtype)),
            .init(key: "params_total", value: .integer(parameters)),
            .init(key: "params_non_embedding", value: .integer(nonEmbeddingParameters)),
            .init(key: "layers", value: .integer(layers)), .init(key: "width", value: .integer(width)),
            .init(key: "vocabulary", value: .integer(vocabulary)),
        ])
        object["stored_scheme"] = storedScheme.map { .string($0) }
        return .object(object)
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
            vocabulary: vocabulary, storedScheme: object["stored_scheme"]?.string)
    }
}

/// What a person and a name say of a checkpoint's place in its training run.
package struct TrainingFacts: Sendable, Equatable {
    package let family: String
    package let step: Int?
    /// D, training tokens seen; nil where nobody said.
    package let tokens: Int?
    /// `annealed`, `unannealed` or `unknown`: where the learning rate stood.
    package let phase: String
    /// The compression that the model was trained under; nil for none.
    package let trainedAs: NativeSpec?

    package init(family: String, step: Int?, tokens: Int?, phase: String, trainedAs: NativeSpec? = nil) {
        self.family = family
        self.step = step
        self.tokens = tokens
        self.phase = phase
        self.trainedAs = trainedAs
    }

    /// The facts that a rule gives for a step.
    package init(step: Int?, rule: IngestRule) {
        self.init(
            family: rule.family, step: step, tokens: step.flatMap { rule.tokens.tokens(step: $0) },
            phase: rule.phase(step: step), trainedAs: rule.trainedAs)
    }

    /// Reads the facts out of an object's members; nil if they are not there.
    init?(members object: JSONObject) {
        guard let family = object["family"]?.string, let phase = object["phase"]?.string else { return nil }
        var trainedAs: NativeSpec?
        if let native = object["trained_as"] {
            trainedAs = native.object.flatMap { try? NativeSpec(json: $0) }
            guard trainedAs != nil else { return nil }
        }
        self.init(
            family: family, step: object["step"]?.int, tokens: object["tokens"]?.int, phase: phase,
            trainedAs: trainedAs)
    }

    /// Puts the facts into an object.
    func add(to object: inout JSONObject) {
        object["family"] = .string(family)
        object["step"] = .integer(orNull: step)
        object["tokens"] = .integer(orNull: tokens)
        object["phase"] = .string(phase)
        object["trained_as"] = trainedAs?.json
    }
}

/// What a place in an archive was found to hold: `store/sources/<SHA-256 of the path>.json`.
///
/// It is a statement about a place, replaced when the place changes; an unchanged place is never read twice.
package struct SourceRecord: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case checkpoint(digest: String)
        /// Its bytes are wrong; reading them again would say the same.
        case rejected(reason: String)
    }

    package let path: String
    package let form: String
    /// SHA-256 of the files' names, sizes, times and numbers on the disk when they were read.
    package let fingerprint: String
    package let facts: TrainingFacts
    package let outcome: Outcome

    package init(path: String, form: String, fingerprint: String, facts: TrainingFacts, outcome: Outcome) {
        self.path = path
        self.form = form
        self.fingerprint = fingerprint
        self.facts = facts
        self.outcome = outcome
    }

    package var digest: String? {
        if case .checkpoint(let digest) = outcome { digest } else { nil }
    }

    package var json: JSONValue {
        var object = JSONObject([
            .init(key: "path", value: .string(path)), .init(key: "form", value: .string(form)),
            .init(key: "fingerprint", value: .string(fingerprint)),
        ])
        facts.add(to: &object)
        switch outcome {
        case .checkpoint(let digest): object["checkpoint"] = .string(digest)
        case .rejected(let reason): object["rejected"] = .string(reason)
        }
        return .object(object)
    }

    /// Reads the record back; nil if it is not one.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let path = object["path"]?.string, let form = object["form"]?.string,
            let fingerprint = object["fingerprint"]?.string, let facts = TrainingFacts(members: object)
        else { return nil }
        let outcome: Outcome
        switch (object["checkpoint"]?.string, object["rejected"]?.string) {
        case (let digest?, nil): outcome = .checkpoint(digest: digest)
        case (nil, let reason?): outcome = .rejected(reason: reason)
        default: return nil
        }
        self.init(path: path, form: form, fingerprint: fingerprint, facts: facts, outcome: outcome)
    }
}

extension JSONValue {
    package static func string(orNull value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    package static func integer(orNull value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
    package static func number(orNull value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
}
