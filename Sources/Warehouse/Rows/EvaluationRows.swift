internal import Compression
internal import Evaluation
internal import JSON
internal import LanguageModel
internal import Records

extension CheckpointRecord {
    var row: TableRow {
        TableRow(
            "checkpoint", key: ["digest": .text(digest)],
            [
                "architecture": .text(architecture), "dtype": .text(dtype), "params_total": .integer(size.parameters),
                "params_non_embedding": .integer(size.nonEmbeddingParameters),
                "params_active": .integer(size.activeParameters), "hidden_size": .integer(size.width),
                "layers": .integer(size.layers), "vocabulary_size": .integer(size.vocabulary),
                "stored_scheme": .optional(storedScheme),
            ])
    }
}

extension Spec {
    var row: TableRow {
        TableRow(
            "spec", key: ["name": .text(name)],
            [
                "scheme": .text(scheme), "method": .text(method.name), "bits": .number(nominalBits),
                "group_size": .optional(group.size), "symmetric": .integer(symmetric ? 1 : 0),
                "canonical": .text(canonical.canonicalText),
            ])
    }
}

extension ScoringRecord {
    /// The text that was scored.
    func shardRow(name: String) -> TableRow {
        TableRow(
            "shard", key: ["digest": .text(streamDigest)],
            [
                "name": .text(name), "file_digest": .text(shard.digest), "tokenizer_digest": .optional(shard.tokenizer),
            ])
    }
}

extension EvaluationRecord {
    /// The evaluation's own row.
    ///
    /// The program's version is kept from the first time: the same measurement made again by a later build is the same
    /// measurement.
    func row(programVersion: String) -> TableRow {
        let damage = compression?.degradation
        let fields: KeyValuePairs<String, SQLValue> = [
            "checkpoint": .text(checkpoint.digest), "spec": .optional(compression?.spec.name),
            "shard": .text(scoring.streamDigest), "calibration_digest": .optional(compression?.calibration),
            "spec_revision": .integer(compression?.revision ?? 1),
            "compressed_key": .optional(compression?.artifact), "context_tokens": .integer(scoring.context),
            "windows": .integer(score.windows.count), "scored_tokens": .integer(score.tokens),
            "score": .text(scoring.tokens.rawValue), "loss_nats": .real(score.loss),
            "perplexity": .real(score.perplexity), "bits_per_weight": .real(score.bitsPerWeight),
            "baseline_loss_nats": .optional(damage?.baselineLoss), "qid_nats": .optional(damage?.qid),
            "qid_stderr_nats": .optional(damage?.qidStderr), "kl_nats": .optional(damage?.kl),
            "kl_stderr_nats": .optional(damage?.klStderr), "rho_stderr": .optional(damage?.ratioStderr),
            "agreement": .optional(damage?.agreement),
            "qid_stderr_target_nats": .optional(scoring.stopping?.target.qidStderr),
            "kl_error_target": .optional(scoring.stopping?.target.klError),
            "window_seed": .optional(scoring.order.seed), "bos": .integer(scoring.rules.bos ? 1 : 0),
            "documents": .text(scoring.rules.documents.rawValue),
            "separator": .optional(scoring.rules.separator.map(Int.init)),
            "bytes_per_token": .optional(scoring.bytesPerToken),
            "available_windows": .optional(scoring.stopping?.availableWindows),
            "baseline_key": .optional(scoring.stopping?.baseline), "stage_version": .integer(version),
        ]
        return TableRow("evaluation", key: ["key": .text(key)], fields, program: programVersion)
    }

    var windowRows: [TableRow] {
        score.windows.map { window in
            TableRow(
                "window", key: ["evaluation": .text(key), "position": .integer(window.place)],
                ["nll_nats": .real(window.nll), "kl_nats": .optional(window.kl)])
        }
    }
}
