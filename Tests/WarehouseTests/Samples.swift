import Foundation
import Warehouse

/// A small set of records made by hand: two sizes, one spec, one shard.
enum Samples {
    static let shard = ShardRow(
        digest: "shard", name: "heldout.jsonl", fileDigest: "file", tokenizerDigest: "tokenizer")
    static let spec = SpecRow(
        name: "rtn-asym-w4-g16", scheme: "rtn-asym-g16", method: "rtn", bits: 4, groupSize: 16, symmetric: false,
        canonical: #"{"bits":4,"group":16,"method":"rtn","symmetric":false}"#)

    static func checkpoint(_ digest: String, params: Int = 800) -> CheckpointRow {
        CheckpointRow(
            digest: digest, architecture: "gpt_neox", dtype: "F16", paramsTotal: params + 200,
            paramsNonEmbedding: params, hiddenSize: 32, layers: 2, vocabularySize: 1024)
    }

    static func source(_ digest: String, tokens: Int, params: Int = 800) -> SourceRow {
        SourceRow(
            checkpoint: checkpoint(digest, params: params), path: "archive/\(digest)", family: "neox",
            step: tokens / 100,
            tokens: tokens, phase: .unannealed, fingerprint: "12 34")
    }

    static func baseline(_ digest: String, loss: Double = 3, params: Int = 800) -> EvaluationRow {
        EvaluationRow(
            key: "\(digest)/baseline", checkpoint: checkpoint(digest, params: params), shard: shard, contextTokens: 11,
            scoredTokens: 20, lossNats: loss, perplexity: 20, bitsPerWeight: 16,
            windowNLLNats: [loss * 10 - 1, loss * 10 + 1],
            compression: nil,
            provenance: EvaluationProvenance(
                compressedKey: nil, calibrationDigest: nil, stageVersion: 1, programVersion: "1.0"))
    }

    static func compressed(
        _ digest: String, loss16: Double = 3, qid: Double = 0.25, params: Int = 800, version: Int = 1
    ) -> EvaluationRow {
        EvaluationRow(
            key: "\(digest)/\(spec.name)/\(version)", checkpoint: checkpoint(digest, params: params), shard: shard,
            contextTokens: 11, scoredTokens: 20, lossNats: loss16 + qid, perplexity: 25, bitsPerWeight: 5.25,
            windowNLLNats: [30, 35],
            compression: EvaluationRow.Compression(
                spec: spec,
                degradation: DegradationRow(
                    baselineLossNats: loss16, qidNats: qid, qidStderrNats: 0.125, klNats: 0.5, agreement: 0.75)),
            provenance: EvaluationProvenance(
                compressedKey: "compressed", calibrationDigest: nil, stageVersion: version, programVersion: "1.0"))
    }

    static let fit = FitRow(
        key: "fit", law: "qid-unified", scheme: "rtn-asym-g16", family: "neox", objective: "log", objectiveValue: 0.5,
        n: 12, leftOut: 1, r2: 0.9, starts: 10, startsAtBest: 7, detail: "{}", stageVersion: 1, programVersion: "1.0",
        parameters: [
            FitRow.Parameter(name: "beta", value: 0.5, low: 0.4, high: 0.625, atBound: false),
            FitRow.Parameter(name: "alpha", value: 0, low: nil, high: nil, atBound: true),
        ],
        predictions: [
            FitRow.Prediction(
                quantity: "qid_nats", scheme: "rtn-asym-g16", params: 1e9, tokens: 1e12, bits: 4, value: 0.25,
                low: 0.125,
                high: 0.5, beyondHull: 2)
        ],
        warnings: [FitRow.Warning(message: "two sizes only", advice: "add a third")])

    static func run(_ lock: String, startedAt: String) -> RunRow {
        RunRow(
            lockDigest: lock, name: "demo", startedAt: startedAt, programVersion: "1.0", lock: "version: 1\n",
            evaluations: ["a/baseline"], fits: ["fit"])
    }
}

/// A folder of its own for one test, taken away with the folders inside it after the test.
final class Folder {
    let url: URL
    private var inner: [Folder] = []
    var warehouse: URL { url.appending(path: "warehouse.sqlite") }

    init(inside parent: URL = FileManager.default.temporaryDirectory) throws {
        url = parent.appending(path: "qid-warehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func another() throws -> Folder {
        let folder = try Folder(inside: url)
        inner.append(folder)
        return folder
    }
}
