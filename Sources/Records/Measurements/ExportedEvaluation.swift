package import JSON
import RealModule

/// An evaluation with what others' schemas ask for beside its numbers.
package struct ExportedEvaluation: Sendable, Equatable {
    package var key: String
    /// The checkpoint's digest.
    package var checkpoint: String
    /// The series and step, or the family, by which people know the model.
    package var model: String
    /// The spec's name, or `baseline`.
    package var spec: String
    package var shard: String
    package var context: Int
    package var windows: Int
    package var scoredTokens: Int
    /// In nats per scored token.
    package var loss: Double
    package var bitsPerByte: Double?
    package var qid: Double?
    package var qidStderr: Double?
    package var kl: Double?
    package var klStderr: Double?
    package var agreement: Double?
    package var bitsPerWeight: Double
    package var programVersion: String

    package init(
        key: String, checkpoint: String, model: String, spec: String, shard: String, context: Int, windows: Int,
        scoredTokens: Int, loss: Double, bitsPerByte: Double?, qid: Double?, qidStderr: Double?, kl: Double?,
        klStderr: Double?, agreement: Double?, bitsPerWeight: Double, programVersion: String
    ) {
        (self.key, self.checkpoint, self.model, self.spec) = (key, checkpoint, model, spec)
        (self.shard, self.context, self.windows, self.scoredTokens) = (shard, context, windows, scoredTokens)
        (self.loss, self.bitsPerByte, self.qid, self.qidStderr) = (loss, bitsPerByte, qid, qidStderr)
        (self.kl, self.klStderr, self.agreement, self.bitsPerWeight) = (kl, klStderr, agreement, bitsPerWeight)
        self.programVersion = programVersion
    }

    /// A number with how well it is known.
    private struct Measure {
        let name: String
        let value: Double
        let stderr: Double?
        let isLowerBetter: Bool
        let range: ClosedRange<Double>
        let description: String
    }

    private var measures: [Measure] {
        let largest = Double.greatestFiniteMagnitude
        func measure(
            _ name: String, _ value: Double?, _ stderr: Double? = nil, lower: Bool = true,
            in range: ClosedRange<Double>,
            _ description: String
        ) -> Measure? {
            value.map {
                Measure(
                    name: name, value: $0, stderr: stderr, isLowerBetter: lower, range: range, description: description)
            }
        }
        return [
            measure("loss", loss, in: 0...largest, "cross-entropy in nats per scored token"),
            measure("perplexity", .exp(loss), in: 1...largest, "e to the loss, per token"),
            measure("bits_per_byte", bitsPerByte, in: 0...largest, "the loss in bits per byte of text"),
            measure(
                "qid", qid, qidStderr, in: -largest...largest,
                "the loss minus that of the same model in 16 bits, in nats"),
            measure("kl", kl, klStderr, in: 0...largest, "KL divergence from the 16-bit model's predictions, in nats"),
            measure(
                "agreement", agreement, lower: false, in: 0...1, "tokens with the same most likely one as in 16 bits"),
        ].compactMap(\.self)
    }

    /// As lm-evaluation-harness writes results: one task, named for the shard.
    package var lmEval: JSONValue {
        let task = "qid_\(shard)"
        var numbers = JSONObject([.init(key: "alias", value: .string(task))])
        for one in measures {
            numbers["\(one.name),none"] = .number(one.value)
            numbers["\(one.name)_stderr,none"] = one.stderr.map { .number($0) } ?? "N/A"
        }
        func forTask(_ value: JSONValue) -> JSONValue { .object(JSONObject([.init(key: task, value: value)])) }
        let better = JSONObject(measures.map { .init(key: $0.name, value: .bool(!$0.isLowerBetter)) })
        return [
            "results": forTask(.object(numbers)), "group_subtasks": forTask([]),
            "configs": forTask([
                "task": .string(task), "output_type": "loglikelihood_rolling",
                "metadata": ["context": .integer(context), "scored_tokens": .integer(scoredTokens)],
            ]),
            "versions": forTask(1), "n-shot": forTask(0), "higher_is_better": forTask(.object(better)),
            "n-samples": forTask(["original": .integer(windows), "effective": .integer(windows)]),
            "config": [
                "model": "qid", "model_args": ["checkpoint": .string(checkpoint), "spec": .string(spec)],
                "bits_per_weight": .number(bitsPerWeight),
            ],
            "model_source": "qid", "model_name": .string("\(model) \(spec)"), "qid_version": .string(programVersion),
        ]
    }

    /// By version 0.3.0 of Every Eval Ever's schema (github.com/evaleval/every_eval_ever).
    ///
    /// `seconds` since 1970 is when the record is made.
    package func everyEvalEver(at seconds: Int) -> JSONValue {
        [
            "schema_version": "0.3.0", "evaluation_id": .string("qid_\(shard)/\(model)/\(key)"),
            "retrieved_timestamp": .string("\(seconds)"),
            "source_metadata": [
                "source_name": "qid", "source_type": "evaluation_run", "source_organization_name": "unknown",
                "evaluator_relationship": "other",
            ],
            "eval_library": ["name": "qid", "version": .string(programVersion)],
            "model_info": [
                "name": .string("\(model) \(spec)"), "id": .string(model),
                "additional_details": [
                    "deployment_type": "self_deployed", "model_availability": "unknown",
                    "checkpoint_sha256": .string(checkpoint), "compression": .string(spec),
                    "bits_per_weight": .string("\(bitsPerWeight)"),
                ],
            ],
            "evaluation_results": .array(measures.map(result)),
        ]
    }

    private func result(_ one: Measure) -> JSONValue {
        var score = JSONObject([.init(key: "score", value: .number(one.value))])
        score["uncertainty"] = one.stderr.map {
            [
                "standard_error": ["value": .number($0), "method": "blocks of windows"],
                "num_samples": .integer(windows),
            ]
        }
        return [
            "evaluation_name": .string("\(one.name) on \(shard)"),
            "source_data": [
                "dataset_name": .string(shard), "source_type": "other",
                "additional_details": [
                    "context_tokens": .string("\(context)"), "windows": .string("\(windows)"),
                    "scored_tokens": .string("\(scoredTokens)"),
                ],
            ],
            "metric_config": [
                "evaluation_description": .string(one.description), "lower_is_better": .bool(one.isLowerBetter),
                "score_type": "continuous", "min_score": .number(one.range.lowerBound),
                "max_score": .number(one.range.upperBound),
            ],
            "score_details": .object(score),
        ]
    }
}
