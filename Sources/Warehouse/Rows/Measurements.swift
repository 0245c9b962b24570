package import Compression
internal import Evaluation
internal import GRDB
internal import JSON
internal import LanguageModel
package import Records
internal import ScalingLaws

extension WarehouseReader {
    /// The QiD of each cell's latest evaluation, or of the evaluations with these keys, by family, size, tokens and spec.
    package func cells(evaluations: Set<String>? = nil) throws(WarehouseError) -> [MeasuredCell] {
        try checkNewest()
        let latest = evaluations == nil ? " WHERE measured.age = 1" : ""
        return try measurements(
            """
            SELECT measured.*, checkpoint.hidden_size, checkpoint.layers, spec.canonical, evaluation.bos, evaluation.documents,
                evaluation.separator, evaluation.bytes_per_token
            FROM qid_history AS measured JOIN evaluation ON evaluation.key = measured.evaluation
            JOIN checkpoint ON checkpoint.digest = measured.checkpoint JOIN spec ON spec.name = measured.spec\(latest)
            """, of: evaluations
        ) { try MeasuredCell($0) }
    }

    /// The loss of every evaluation, or of those with these keys, by family, size, tokens and spec.
    package func losses(evaluations: Set<String>? = nil) throws(WarehouseError) -> [MeasuredLoss] {
        try measurements(
            """
            SELECT measured.*, checkpoint.hidden_size, checkpoint.layers, checkpoint.vocabulary_size FROM loss AS measured
            JOIN checkpoint ON checkpoint.digest = measured.checkpoint
            """, of: evaluations, MeasuredLoss.init)
    }

    /// The losses in 16 bits of all checkpoints whose training run and step are known, by the stage's newest version.
    package func baselineLosses() throws(WarehouseError) -> [BaselineLoss] {
        try checkNewest()
        return try rows(
            """
            SELECT family, series, step, checkpoint, loss,
                shard || ' ' || context || ' ' || windows || ' ' || coalesce(window_seed, '') || ' ' || score || ' '
                    || coalesce(bos, 0) || ' ' || coalesce(documents, '') || ' ' || coalesce(separator, '') AS scoring
            FROM loss WHERE spec = 'baseline' AND series IS NOT NULL AND step IS NOT NULL
                AND stage_version = (SELECT max(stage_version) FROM evaluation)
            ORDER BY family, series, scoring, step, checkpoint
            """
        ) { row in
            BaselineLoss(
                family: row["family"], series: row["series"], step: row["step"], checkpoint: row["checkpoint"],
                scoring: row["scoring"], loss: row["loss"])
        }
    }

    /// Every evaluation that stands recorded, by its key, as others' schemas have it.
    package func evaluations() throws(WarehouseError) -> [ExportedEvaluation] {
        try checkNewest()
        return try rows(
            """
            SELECT loss.*, evaluation.qid_nats, evaluation.qid_stderr_nats, evaluation.kl_nats, evaluation.kl_stderr_nats,
                evaluation.agreement
            FROM loss JOIN evaluation ON evaluation.key = loss.evaluation ORDER BY evaluation.key
            """
        ) { row in
            let (series, step): (String?, Int?) = (row["series"], row["step"])
            let run: String = series ?? row["family"]
            return ExportedEvaluation(
                key: row["evaluation"], checkpoint: row["checkpoint"], model: run + (step.map { "/step\($0)" } ?? ""),
                spec: row["spec"], shard: row["shard"], context: row["context"], windows: row["windows"],
                scoredTokens: row["scored_tokens"], loss: row["loss"], bitsPerByte: row["bits_per_byte"],
                qid: row["qid_nats"], qidStderr: row["qid_stderr_nats"], kl: row["kl_nats"],
                klStderr: row["kl_stderr_nats"], agreement: row["agreement"], bitsPerWeight: row["bits_per_weight"],
                programVersion: row["program_version"])
        }
    }

    /// What the stages could not use, by stage and subject.
    package func failures() throws(WarehouseError) -> [Failure] {
        try checkNewest()
        return try rows("SELECT * FROM failure ORDER BY stage, subject", Failure.init)
    }

    /// What is wrong or doubtful about places in archives, by path and kind.
    package func findings() throws(WarehouseError) -> [PlacedFinding] {
        try checkNewest()
        return try rows("SELECT * FROM finding ORDER BY path, kind, message", PlacedFinding.init).compactMap(\.self)
    }

    /// The keys of all evaluations that stand recorded.
    package func evaluationKeys() throws(WarehouseError) -> Set<String> {
        Set(try rows("SELECT key FROM evaluation") { $0[0] as String })
    }

    /// The keys of all errors of layers that stand recorded.
    package func distortionKeys() throws(WarehouseError) -> Set<String> {
        Set(try rows("SELECT key FROM distortion") { $0[0] as String })
    }

    /// The errors of layers that stand recorded under these keys, in the order of the layers.
    package func layerDistortions(_ keys: Set<String>) throws(WarehouseError) -> [String: [LayerDistortion]] {
        var found: [String: [LayerDistortion]] = [:]
        for key in keys.sorted() {
            found[key] = try rows(
                "SELECT * FROM layer_distortion WHERE distortion = ? ORDER BY position", arguments: [key]
            ) { row in
                LayerDistortion(
                    name: row["layer"], weights: row["weights"], weightError: row["weight_error"],
                    outputError: row["output_error"], readError: row["read_error"])
            }
        }
        return found
    }

    /// The keys of all probes that stand recorded.
    package func probeKeys() throws(WarehouseError) -> Set<String> {
        Set(try rows("SELECT DISTINCT key FROM probe") { $0[0] as String })
    }

    /// How many evaluations a run has, known by its lock's digest.
    package func evaluationCount(ofRun lockDigest: String) throws(WarehouseError) -> Int {
        try rows("SELECT count(*) FROM run_evaluation WHERE lock_digest = ?", arguments: [lockDigest]) { $0[0] as Int }
            .first ?? 0
    }

    private func measurements<Value>(
        _ sql: String, of evaluations: Set<String>?, _ value: (Row) throws -> Value
    ) throws(WarehouseError) -> [Value] {
        let order = ["family", "params", "tokens", "scheme", "bits DESC", "evaluation"].map { "measured." + $0 }
        return try rows(sql + " ORDER BY " + order.joined(separator: ", ")) { row -> Value? in
            guard evaluations?.contains(row["evaluation"]) ?? true else { return nil }
            return try value(row)
        }.compactMap(\.self)
    }
}

extension MeasuredCell {
    fileprivate init(_ row: Row) throws {
        let available: Int? = row["available_windows"]
        let (qidStderr, klError): (Double?, Double?) = (row["stderr_target"], row["kl_error_target"])
        let target = PrecisionTarget(qidStderr: qidStderr, klError: klError)
        let stopping = available.flatMap { available in
            target.map { Stopping(availableWindows: available, target: $0) }
        }
        let seed: Int? = row["window_seed"]
        self.init(
            evaluation: row["evaluation"], model: MeasuredModel(row),
            spec: try Spec(recorded: row["canonical"], name: row["spec"]), bitsPerWeight: row["bits_per_weight"],
            scored: ScoredText(
                shard: row["shard"], context: row["context"], tokens: ScoredTokens(rawValue: row["score"]) ?? .all,
                order: seed.map { .random(seed: $0) } ?? .shard, rules: WindowRules(row),
                bytesPerToken: row["bytes_per_token"],
                windows: row["windows"], stopping: stopping),
            loss: row["loss"],
            distortion: MeasuredCell.Distortion(row),
            degradation: Degradation(
                baselineLoss: row["loss16"], qid: row["qid"], qidStderr: row["stderr"], kl: row["kl"],
                klStderr: row["kl_stderr"], ratioStderr: row["rho_stderr"], agreement: row["agreement"]))
    }
}

extension WindowRules {
    /// Nil where they were recorded by a version that knew of none.
    fileprivate init?(_ row: Row) {
        guard let bos: Bool = row["bos"] else { return nil }
        let (documents, separator): (String?, UInt32?) = (row["documents"], row["separator"])
        self.init(
            bos: bos, documents: documents.flatMap { DocumentRule(rawValue: $0) } ?? .joined, separator: separator)
    }
}

extension MeasuredCell.Distortion {
    fileprivate init?(_ row: Row) {
        guard let distortion: Double = row["distortion"] else { return nil }
        self.init(
            key: row["distortion_key"], mean: distortion, weightError: row["weight_distortion"],
            sensitivity: row["sensitivity"],
            qidSensitivity: row["qid_sensitivity"], ceiling: row["ceiling"])
    }
}

extension MeasuredLoss {
    fileprivate init(_ row: Row) {
        let spec: String = row["spec"]
        self.init(
            evaluation: row["evaluation"], model: MeasuredModel(row), spec: spec == "baseline" ? nil : spec,
            form: Form(
                scheme: row["scheme"], bits: row["bits"], nativeActivationBits: row["native_activation_bits"],
                nativeSparsity: row["native_sparsity"]),
            loss: row["loss"])
    }
}

extension MeasuredModel {
    fileprivate init(_ row: Row) {
        self.init(
            checkpoint: row["checkpoint"],
            size: ModelSize(
                parameters: row["params_total"], nonEmbeddingParameters: row["params"], layers: row["layers"],
                width: row["hidden_size"], vocabulary: row["vocabulary_size"]),
            family: row["family"],
            run: TrainingRun(
                series: row["series"], seed: row["seed"], stage: row["stage"], ingredient: row["ingredient"]),
            step: row["step"], tokens: row["tokens"],
            phase: LearningRatePhase(rawValue: row["phase"] ?? "") ?? .unknown, isDoubtful: row["doubtful"])
    }
}

extension PlacedFinding {
    /// Nil for a kind of finding that this version of qid does not know.
    fileprivate init?(_ row: Row) {
        guard let kind = Finding.Kind(rawValue: row["kind"]) else { return nil }
        self.init(path: row["path"], checkpoint: row["checkpoint"], finding: Finding(kind, row["message"]))
    }
}

extension Failure {
    fileprivate init(_ row: Row) {
        let checkpoint: String? = row["checkpoint"]
        let spec: String? = row["spec"]
        self.init(
            stage: row["stage"], subject: row["subject"], reason: row["reason"],
            cell: checkpoint.flatMap { checkpoint in spec.map { Cell(checkpoint: checkpoint, spec: $0) } })
    }
}

extension Spec {
    /// The spec that stands recorded as canonical JSON.
    fileprivate init(recorded canonical: String, name: String) throws {
        do {
            guard let object = try JSONValue(parsing: canonical).object else {
                throw WarehouseError.unreadableSpec(name: name, reason: "it is no JSON object")
            }
            try self.init(json: object)
        } catch let error as CompressionError {
            throw WarehouseError.unreadableSpec(name: name, reason: error.description)
        } catch let error as JSONError {
            throw WarehouseError.unreadableSpec(name: name, reason: error.description)
        }
    }
}
