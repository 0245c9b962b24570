import Compression
import Foundation
import Kernels
import LanguageModel
import Records
import ScalingLaws
import TestSupport
import Warehouse

/// A small set of records made by hand: two sizes, one spec, one shard.
enum Samples {
    static let shard = ScoringRecord.Shard(digest: "file", tokenizer: "tokenizer")

    static func spec() throws -> Spec { try Spec(method: .rtn, bits: 4, group: .size(16), symmetric: false) }

    static func checkpoint(_ digest: String, params: Int = 800) -> CheckpointRecord {
        CheckpointRecord(
            digest: digest, config: "config", tokenizer: "tokenizer", architecture: "gpt_neox", dtype: "F16",
            size: ModelSize(
                parameters: params + 200, nonEmbeddingParameters: params, layers: 2, width: 32, vocabulary: 1024))
    }

    static func source(_ digest: String, tokens: Int) -> SourceRecord {
        SourceRecord(
            path: "archive/\(digest)", form: "directory", fingerprint: "12 34",
            facts: TrainingFacts(
                family: "neox", run: TrainingRun(series: "neox-800/seed3", seed: "3", stage: 2, ingredient: 1),
                step: tokens / 100, tokens: tokens, tokensSource: .name, phase: .unannealed, learningRate: 0.5),
            outcome: .checkpoint(digest: digest))
    }

    static func baseline(_ digest: String, loss: Double = 3, params: Int = 800) -> EvaluationRecord {
        EvaluationRecord(
            key: "\(digest)/baseline", version: 1, checkpoint: checkpoint(digest, params: params), compression: nil,
            scoring: ScoringRecord(shard: shard, context: 11, tokens: .all),
            score: LossRecord(
                tokens: 20, loss: loss, perplexity: 20, bitsPerWeight: 16,
                windows: [
                    .init(place: 5, nll: loss * 10 - 1, kl: nil), .init(place: 2, nll: loss * 10 + 1, kl: nil),
                ]),
            products: .floats)
    }

    static func compressed(
        _ digest: String, loss16: Double = 3, qid: Double = 0.25, params: Int = 800, version: Int = 1,
        revision: Int = 1
    ) throws -> EvaluationRecord {
        let spec = try spec()
        return EvaluationRecord(
            key: "\(digest)/\(spec.name)/\(version)" + (revision > 1 ? "/\(revision)" : ""), version: version,
            checkpoint: checkpoint(digest, params: params),
            compression: CompressionRecord(
                spec: spec, revision: revision, artifact: "compressed", calibration: nil,
                degradation: Degradation(
                    baselineLoss: loss16, qid: qid, qidStderr: 0.125, kl: 0.5, klStderr: 0.0625, ratioStderr: 0.375,
                    agreement: 0.75)),
            scoring: ScoringRecord(shard: shard, context: 11, tokens: .all),
            score: LossRecord(
                tokens: 20, loss: loss16 + qid, perplexity: 25, bitsPerWeight: 5.25,
                windows: [.init(place: 5, nll: 30, kl: 4), .init(place: 2, nll: 35, kl: 6)]),
            products: .floats)
    }

    /// A law fitted to twelve points of two sizes, with numbers that are easily read put in the place of what was found.
    static func fit() throws -> FitRecord {
        let points = [1e3, 1e5].flatMap { params in
            [1e6, 3e6, 1e7, 1e8, 1e9, 1e10].map { tokens in
                Point(Conditions(params: params, tokens: tokens), qid: 2 + params / 1e6 + 1e4 / tokens)
            }
        }
        let law = try Laws.named("qid = k * tokens^beta / params^alpha")
        var fit = try ScalingLaws.fit(
            points, law, FitOptions(bootstrapDraws: 0, holdsOut: false, profiles: false))
        var predictions = try fit.predict([Conditions(params: 1e9, tokens: 1e12, bits: 4)])
        fit.law = Laws.qidUnified
        fit.r2 = 0.9
        (fit.starts, fit.startsAtBest) = (10, 7)
        fit.parameters = ["beta", "alpha"].compactMap { name in fit.parameters.first { $0.name == name } }
        (fit.parameters[0].value, fit.parameters[0].low, fit.parameters[0].high) = (0.5, 0.4, 0.625)
        (fit.parameters[1].value, fit.parameters[1].low, fit.parameters[1].high) = (
            0, -Double.infinity, Double.infinity
        )
        (fit.parameters[0].atBound, fit.parameters[1].atBound) = (false, true)
        fit.warnings = fit.warnings.prefix(1).map { warning in
            var warning = warning
            (warning.finding, warning.advice) = ("two sizes only", "add a third")
            return warning
        }
        (predictions[0].value, predictions[0].low, predictions[0].high) = (0.25, 0.125, 0.5)
        predictions[0].beyondHull = 2
        return FitRecord(
            key: "fit", family: "neox",
            fitted: FittedScheme(scheme: "rtn-asym-g16", fit: fit, predictions: predictions))
    }

    static func run(_ lock: String, startedAt: String) -> RunRecord {
        var run = RunRecord(lockDigest: lock, name: "demo", startedAt: startedAt, lock: "version: 1\n")
        (run.evaluations, run.fits) = (["a/baseline"], ["fit"])
        return run
    }
}

extension Warehouse {
    /// Records a place with the checkpoint that samples have there.
    @discardableResult
    func record(_ source: SourceRecord, params: Int = 800) throws(WarehouseError) -> Recorded {
        try record(source, of: Samples.checkpoint(source.digest ?? "", params: params))
    }
}

/// A folder of its own for one test and its warehouse.
struct Folder {
    private let scratch: ScratchDirectory
    var url: URL { scratch.url }
    var warehouse: URL { url.appending(path: "warehouse.sqlite") }

    init() throws { scratch = try ScratchDirectory() }
}
