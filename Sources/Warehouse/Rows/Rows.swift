extension CheckpointRow {
    var row: TableRow {
        TableRow(
            "checkpoint", key: ["digest": .text(digest)],
            [
                "architecture": .text(architecture), "dtype": .text(dtype), "params_total": .integer(paramsTotal),
                "params_non_embedding": .integer(paramsNonEmbedding), "hidden_size": .integer(hiddenSize),
                "layers": .integer(layers), "vocabulary_size": .integer(vocabularySize),
                "stored_scheme": .optional(storedScheme),
            ])
    }
}

extension SourceRow {
    var row: TableRow {
        TableRow(
            "source", key: ["checkpoint": .text(checkpoint.digest), "path": .text(path)],
            [
                "family": .text(family), "step": .optional(step), "tokens": .optional(tokens),
                "phase": .text(phase.rawValue),
                "native_scheme": .optional(native?.scheme), "native_bits": .optional(native?.bits),
                "native_activation_bits": .optional(native?.activationBits),
                "native_sparsity": .optional(native?.sparsity), "fingerprint": .optional(fingerprint),
            ])
    }
}

extension SpecRow {
    var row: TableRow {
        TableRow(
            "spec", key: ["name": .text(name)],
            [
                "scheme": .text(scheme), "method": .text(method), "bits": .number(bits),
                "group_size": .optional(groupSize), "symmetric": .integer(symmetric ? 1 : 0),
                "canonical": .text(canonical),
            ])
    }
}

extension ShardRow {
    var row: TableRow {
        TableRow(
            "shard", key: ["digest": .text(digest)],
            [
                "name": .text(name), "file_digest": .text(fileDigest), "tokenizer_digest": .optional(tokenizerDigest),
            ])
    }
}

extension EvaluationRow {
    /// The evaluation's own row.
    ///
    /// The program's version is kept from the first time: the same measurement made again by a later build is the same
    /// measurement.
    var row: TableRow {
        var fields: [TableRow.Field] = []
        func add(_ column: String, _ value: SQLValue, compared: Bool = true) {
            fields.append(TableRow.Field(column: column, value: value, compared: compared))
        }
        let damage = compression?.degradation
        add("checkpoint", .text(checkpoint.digest))
        add("spec", .optional(compression?.spec.name))
        add("shard", .text(shard.digest))
        add("calibration_digest", .optional(provenance.calibrationDigest))
        add("compressed_key", .optional(provenance.compressedKey))
        add("context_tokens", .integer(contextTokens))
        add("windows", .integer(windowNLLNats.count))
        add("scored_tokens", .integer(scoredTokens))
        add("score", .text(score.rawValue))
        add("loss_nats", .real(lossNats))
        add("perplexity", .real(perplexity))
        add("bits_per_weight", .real(bitsPerWeight))
        add("baseline_loss_nats", .optional(damage?.baselineLossNats))
        add("qid_nats", .optional(damage?.qidNats))
        add("qid_stderr_nats", .optional(damage?.qidStderrNats))
        add("kl_nats", .optional(damage?.klNats))
        add("agreement", .optional(damage?.agreement))
        add("qid_stderr_target_nats", .optional(stopping?.qidStderrTargetNats))
        add("available_windows", .optional(stopping?.availableWindows))
        add("baseline_key", .optional(stopping?.baselineKey))
        add("stage_version", .integer(provenance.stageVersion))
        add("program_version", .text(provenance.programVersion), compared: false)
        return TableRow("evaluation", key: ["key": .text(key)], fields)
    }

    var windowRows: [TableRow] {
        windowNLLNats.enumerated().map { position, nll in
            TableRow(
                "window", key: ["evaluation": .text(key), "position": .integer(position)], ["nll_nats": .real(nll)])
        }
    }
}

extension FitRow {
    var row: TableRow {
        var fields: [TableRow.Field] = []
        func add(_ column: String, _ value: SQLValue, compared: Bool = true) {
            fields.append(TableRow.Field(column: column, value: value, compared: compared))
        }
        add("law", .text(law))
        add("scheme", .text(scheme))
        add("family", .text(family))
        add("objective", .text(objective))
        add("objective_value", .real(objectiveValue))
        add("n", .integer(n))
        add("left_out", .integer(leftOut))
        add("r2", .optional(r2))
        add("starts", .integer(starts))
        add("starts_at_best", .integer(startsAtBest))
        add("detail", .text(detail))
        add("stage_version", .integer(stageVersion))
        add("program_version", .text(programVersion), compared: false)
        return TableRow("fit", key: ["key": .text(key)], fields)
    }

    /// The rows of other tables that belong to the fit.
    var belongings: [TableRow] {
        parameters.map { row(of: $0) } + predictions.map { row(of: $0) }
            + warnings.enumerated().map { position, warning in
                TableRow(
                    "warning", key: ["fit": .text(key), "position": .integer(position)],
                    ["message": .text(warning.message), "advice": .text(warning.advice)])
            }
    }

    private func row(of parameter: Parameter) -> TableRow {
        TableRow(
            "parameter", key: ["fit": .text(key), "name": .text(parameter.name)],
            [
                "value": .real(parameter.value), "low": .bound(parameter.low), "high": .bound(parameter.high),
                "at_bound": .integer(parameter.atBound ? 1 : 0),
            ])
    }

    private func row(of prediction: Prediction) -> TableRow {
        TableRow(
            "prediction",
            key: [
                "fit": .text(key), "quantity": .text(prediction.quantity), "scheme": .text(prediction.scheme),
                "params": .real(prediction.params), "tokens": .real(prediction.tokens),
                "bits": .number(prediction.bits),
            ],
            [
                "value": .real(prediction.value), "low": .bound(prediction.low), "high": .bound(prediction.high),
                "beyond_hull": .bound(prediction.beyondHull),
            ])
    }
}

extension RunRow {
    /// The run's own row; the time of the first of its repetitions stands.
    var row: TableRow {
        TableRow(
            "run", key: ["lock_digest": .text(lockDigest)],
            [
                TableRow.Field(column: "name", value: .text(name)),
                TableRow.Field(column: "started_at", value: .text(startedAt), compared: false),
                TableRow.Field(column: "program_version", value: .text(programVersion), compared: false),
                TableRow.Field(column: "lock", value: .text(lock)),
            ])
    }

    /// Tables of what the run points to, the column of the key there and the keys.
    var links: [(table: String, column: String, keys: [String])] {
        [("run_evaluation", "evaluation", evaluations), ("run_fit", "fit", fits)]
    }
}
