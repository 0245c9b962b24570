import Compression
import JSON
import Kernels
import Pipeline

/// An evaluation as the store keeps it: what was measured, on what, and per window.
///
/// `store/evaluations/<key>.json`.
///
/// Everything in it follows from its key and `products`: every process on one kind of processor writes the same bytes.
struct EvaluationArtifact: Equatable {
    struct Shard: Equatable {
        /// SHA-256 of the file.
        let digest: String
        /// SHA-256 of the tokenizer.json that was used; nil where the shard holds token ids.
        let tokenizer: String?

        /// Names the token stream: the file and the tokenizer that made it.
        var streamDigest: String { sha256(Array("\(digest)\n\(tokenizer ?? "")".utf8)) }
    }

    /// What the spec did to the loss, on the same windows; nats per scored token.
    struct Degradation: Equatable {
        let baselineLoss: Double
        let qid: Double
        /// Nil for a single window.
        let qidStderr: Double?
        let kl: Double
        let agreement: Double
    }

    /// How an evaluation that stops by itself came to its windows.
    struct Stopping: Equatable {
        /// The standard error of QiD that was asked for, in nats.
        let qidStderr: Double
        /// Windows that there would have been.
        let availableWindows: Int
        /// The key of the evaluation that holds the checkpoint's loss in 16 bits.
        let baseline: String
    }

    let key: String
    let checkpoint: CheckpointRecord
    let spec: Spec?
    let compressed: String?
    /// SHA-256 over what the compressed checkpoint was calibrated on; nil where its method needs nothing.
    let calibration: String?
    let shard: Shard
    let context: Int
    let score: Manifest.Evaluation.Score
    /// Nil where the number of windows was asked for.
    let stopping: Stopping?
    /// Tokens scored.
    let tokens: Int
    let loss: Double
    let perplexity: Double
    let bitsPerWeight: Double
    /// Nil for the baseline.
    let degradation: Degradation?
    /// Summed negative log-likelihood of each window, in nats.
    let windowNLL: [Double]
    /// How matrix products were computed, which decides the last bits.
    let products: PanelForm
}

extension EvaluationArtifact {
    /// What does not apply has no key, so that artifacts made before it was known are the same bytes.
    var json: JSONValue {
        guard var object = measured.object else { return measured }
        object["calibration"] = calibration.map { .string($0) }
        object["score"] = score == .all ? nil : .string(score.rawValue)
        object["stopping"] = stopping?.json
        object["products"] = products == .floats ? nil : .string(products.rawValue)
        return .object(object)
    }

    private var measured: JSONValue {
        [
            "key": .string(key), "stage": "evaluate", "version": .integer(Stage.evaluate.version),
            "name": .string(spec?.name ?? "baseline"), "checkpoint": checkpoint.json,
            "spec": spec?.canonical ?? .null, "compressed": .string(orNull: compressed),
            "shard": [
                "sha256": .string(shard.digest), "tokenizer_sha256": .string(orNull: shard.tokenizer),
            ],
            "context": .integer(context), "windows": .integer(windowNLL.count), "tokens": .integer(tokens),
            "loss": .number(loss), "perplexity": .number(perplexity), "bits_per_weight": .number(bitsPerWeight),
            "degradation": degradation?.json ?? .null, "window_nll": .array(windowNLL.map { .number($0) }),
        ]
    }

    /// Reads the artifact back; nil if it is not one of this version.
    init?(_ json: JSONValue) {
        guard let object = json.object, let key = object["key"]?.string,
            object["version"]?.int == Stage.evaluate.version,
            let checkpoint = object["checkpoint"].flatMap(CheckpointRecord.init),
            let shard = object["shard"]?.object, let digest = shard["sha256"]?.string,
            let context = object["context"]?.int, let tokens = object["tokens"]?.int,
            let loss = object["loss"]?.double, let perplexity = object["perplexity"]?.double,
            let bitsPerWeight = object["bits_per_weight"]?.double, let windows = object["window_nll"]?.array
        else { return nil }
        let windowNLL = windows.compactMap(\.double)
        let spec = object["spec"]?.object.flatMap { try? Spec(json: $0) }
        let degradation = object["degradation"]?.object.flatMap(Degradation.init)
        let stopping = object["stopping"]?.object.flatMap(Stopping.init)
        guard windowNLL.count == windows.count, !windows.isEmpty, (spec == nil) == (degradation == nil),
            (spec == nil) == (object["spec"] == .null), (stopping == nil) == (object["stopping"] == nil),
            let score = Manifest.Evaluation.Score(rawValue: object["score"]?.string ?? "all"),
            let products = PanelForm(rawValue: object["products"]?.string ?? PanelForm.floats.rawValue)
        else { return nil }
        self.init(
            key: key, checkpoint: checkpoint, spec: spec, compressed: object["compressed"]?.string,
            calibration: object["calibration"]?.string,
            shard: Shard(digest: digest, tokenizer: shard["tokenizer_sha256"]?.string), context: context,
            score: score, stopping: stopping, tokens: tokens, loss: loss, perplexity: perplexity,
            bitsPerWeight: bitsPerWeight,
            degradation: degradation, windowNLL: windowNLL, products: products)
    }
}

extension EvaluationArtifact.Stopping {
    fileprivate var json: JSONValue {
        [
            "qid_stderr": .number(qidStderr), "windows_available": .integer(availableWindows),
            "baseline": .string(baseline),
        ]
    }

    fileprivate init?(_ object: JSONObject) {
        guard let qidStderr = object["qid_stderr"]?.double, let available = object["windows_available"]?.int,
            let baseline = object["baseline"]?.string
        else { return nil }
        self.init(qidStderr: qidStderr, availableWindows: available, baseline: baseline)
    }
}

extension EvaluationArtifact.Degradation {
    fileprivate var json: JSONValue {
        [
            "baseline_loss": .number(baselineLoss), "qid": .number(qid), "qid_stderr": .number(orNull: qidStderr),
            "kl": .number(kl), "agreement": .number(agreement),
        ]
    }

    fileprivate init?(_ object: JSONObject) {
        guard let baselineLoss = object["baseline_loss"]?.double, let qid = object["qid"]?.double,
            let kl = object["kl"]?.double, let agreement = object["agreement"]?.double
        else { return nil }
        self.init(
            baselineLoss: baselineLoss, qid: qid, qidStderr: object["qid_stderr"]?.double, kl: kl,
            agreement: agreement)
    }
}
