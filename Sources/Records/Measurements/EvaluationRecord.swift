package import Compression
import Evaluation
package import JSON
package import Kernels
import LanguageModel

/// An evaluation as the store keeps it, in `store/evaluations/<key>.json`: what was measured, on what, and per window.
///
/// Everything in it follows from its key and `products`: every process on one kind of processor writes the same bytes.
package struct EvaluationRecord: Sendable, Equatable {
    package var key: String
    /// The stage's version that made it.
    package var version: Int
    package var checkpoint: CheckpointRecord
    /// Nil for the baseline, the checkpoint as it is stored.
    package var compression: CompressionRecord?
    package var scoring: ScoringRecord
    package var score: LossRecord
    /// How matrix products were computed, which decides the last bits.
    package var products: PanelForm

    package init(
        key: String, version: Int, checkpoint: CheckpointRecord, compression: CompressionRecord?,
        scoring: ScoringRecord, score: LossRecord, products: PanelForm
    ) {
        (self.key, self.version, self.checkpoint, self.compression) = (key, version, checkpoint, compression)
        (self.scoring, self.score, self.products) = (scoring, score, products)
    }
}

/// By what a checkpoint was compressed for an evaluation, and what that did to its loss.
package struct CompressionRecord: Sendable, Equatable {
    package var spec: Spec
    /// Of the spec, when it was compressed.
    package var revision: Int
    /// Key of the compressed checkpoint.
    package var artifact: String
    /// SHA-256 over what it was calibrated on; nil where its method needs nothing.
    package var calibration: String?
    package var degradation: Degradation

    package init(
        spec: Spec, revision: Int, artifact: String, calibration: String?, degradation: Degradation
    ) {
        (self.spec, self.revision, self.artifact) = (spec, revision, artifact)
        (self.calibration, self.degradation) = (calibration, degradation)
    }
}

/// What was measured on the scored tokens.
package struct LossRecord: Sendable, Equatable {
    /// Tokens scored.
    package var tokens: Int
    /// In nats per scored token.
    package var loss: Double
    package var perplexity: Double
    /// As stored, scales and zero points included.
    package var bitsPerWeight: Double
    /// The windows in the order in which they were scored.
    package var windows: [Window]

    /// What one window says.
    package struct Window: Sendable, Equatable {
        /// Where it stands among the shard's windows, from 0.
        package var place: Int
        /// Summed negative log-likelihood, in nats.
        package var nll: Double
        /// Summed KL divergence from the baseline's predictions, in nats; nil where an older version measured it.
        package var kl: Double?
        /// Scored tokens; nil where all windows have the same number, and nobody wrote it down.
        package var tokens: Int?

        package init(place: Int, nll: Double, kl: Double?, tokens: Int? = nil) {
            (self.place, self.nll, self.kl, self.tokens) = (place, nll, kl, tokens)
        }
    }

    package init(tokens: Int, loss: Double, perplexity: Double, bitsPerWeight: Double, windows: [Window]) {
        (self.tokens, self.loss, self.perplexity, self.bitsPerWeight) = (tokens, loss, perplexity, bitsPerWeight)
        self.windows = windows
    }
}

extension EvaluationRecord {
    /// What does not apply has no key, so that artifacts made before it was known are the same bytes.
    package var json: JSONValue {
        guard var object = measured.object else { return measured }
        object["calibration"] = compression?.calibration.map { .string($0) }
        object["spec_revision"] = compression.flatMap { $0.revision > 1 ? .integer($0.revision) : nil }
        object["score"] = scoring.tokens == .all ? nil : .string(scoring.tokens.rawValue)
        scoring.rules.add(to: &object)
        object["bytes_per_token"] = scoring.bytesPerToken.map { .number($0) }
        object["seed"] = scoring.order.seed.map { .integer($0) }
        if scoring.order != .shard {
            object["window_places"] = .array(score.windows.map { .integer($0.place) })
        }
        if scoring.rules.documents == .separate {
            object["window_tokens"] = .array(score.windows.map { .integer(orNull: $0.tokens) })
        }
        let divergences = score.windows.compactMap(\.kl)
        if compression != nil, !divergences.isEmpty {
            object["window_kl"] = .array(divergences.map { .number($0) })
        }
        object["stopping"] = scoring.stopping?.json
        object["products"] = products == .floats ? nil : .string(products.rawValue)
        return .object(object)
    }

    private var measured: JSONValue {
        [
            "key": .string(key), "stage": "evaluate", "version": .integer(version),
            "name": .string(compression?.spec.name ?? "baseline"), "checkpoint": checkpoint.json,
            "spec": compression?.spec.canonical ?? .null, "compressed": .string(orNull: compression?.artifact),
            "shard": scoring.shard.json, "context": .integer(scoring.context),
            "windows": .integer(score.windows.count), "tokens": .integer(score.tokens), "loss": .number(score.loss),
            "perplexity": .number(score.perplexity), "bits_per_weight": .number(score.bitsPerWeight),
            "degradation": compression?.degradation.json ?? .null,
            "window_nll": .array(score.windows.map { .number($0.nll) }),
        ]
    }

    /// Reads the record back; nil if it is not one.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let key = object["key"]?.string, let version = object["version"]?.int,
            let checkpoint = object["checkpoint"].flatMap(CheckpointRecord.init),
            let scoring = ScoringRecord(members: object), let score = LossRecord(members: object),
            let products = PanelForm(rawValue: object["products"]?.string ?? PanelForm.floats.rawValue)
        else { return nil }
        let compression = CompressionRecord(members: object)
        let isBaseline = ["spec", "compressed", "degradation"].allSatisfy { object[$0] == .null }
        guard isBaseline == (compression == nil) else { return nil }
        self.init(
            key: key, version: version, checkpoint: checkpoint, compression: compression, scoring: scoring,
            score: score, products: products)
    }
}

extension CompressionRecord {
    fileprivate init?(members object: JSONObject) {
        guard let spec = object["spec"]?.object.flatMap({ try? Spec(json: $0) }),
            let artifact = object["compressed"]?.string,
            let degradation = object["degradation"]?.object.flatMap(Degradation.init)
        else { return nil }
        self.init(
            spec: spec, revision: object["spec_revision"]?.int ?? 1, artifact: artifact,
            calibration: object["calibration"]?.string, degradation: degradation)
    }
}

extension LossRecord {
    fileprivate init?(members object: JSONObject) {
        guard let tokens = object["tokens"]?.int, let loss = object["loss"]?.double,
            let perplexity = object["perplexity"]?.double, let bitsPerWeight = object["bits_per_weight"]?.double,
            let nll = object["window_nll"]?.array, !nll.isEmpty
        else { return nil }
        let places = object["window_places"]?.array ?? nll.indices.map { .integer($0) }
        let kl = object["window_kl"]?.array
        guard places.count == nll.count, kl.map({ $0.count == nll.count }) ?? true else { return nil }
        var windows: [Window] = []
        for (index, value) in nll.enumerated() {
            guard let value = value.double, let place = places[index].int, place >= 0 else { return nil }
            guard kl == nil || kl?[index].double != nil else { return nil }
            windows.append(Window(place: place, nll: value, kl: kl?[index].double))
        }
        self.init(
            tokens: tokens, loss: loss, perplexity: perplexity, bitsPerWeight: bitsPerWeight, windows: windows)
    }
}
