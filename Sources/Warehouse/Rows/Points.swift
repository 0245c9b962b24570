internal import GRDB

/// A measured QiD with what the laws say it depends on.
package struct QidPoint: Sendable, Equatable {
    package var evaluation: String
    package var checkpoint: String
    package var family: String
    package var phase: LearningRatePhase
    package var step: Int?
    /// D, training tokens seen; nil where nobody said.
    package var tokens: Int?
    /// N, non-embedding parameters.
    package var params: Int
    package var paramsTotal: Int
    package var vocabularySize: Int
    package var method: String
    package var scheme: String
    package var spec: String
    /// P, nominal bits per weight.
    package var bits: Double
    package var groupSize: Int?
    package var bitsPerWeight: Double
    package var shard: String
    /// Tokens a window, and which of them count: all, second-half.
    package var context: Int
    package var score: String
    /// Windows scored.
    package var windows: Int
    /// Windows that there would have been, and the standard error asked for; nil where a number of windows was.
    package var availableWindows: Int?
    package var stderrTarget: Double?
    /// Losses and what follows in nats per scored token.
    package var loss16: Double
    package var loss: Double
    package var qid: Double
    package var stderr: Double?
    package var kl: Double
    package var agreement: Double
}

/// A measured loss, of a baseline or a compressed checkpoint, with what the laws say it depends on.
package struct LossPoint: Sendable, Equatable {
    package var evaluation: String
    package var checkpoint: String
    package var family: String
    package var phase: LearningRatePhase
    package var step: Int?
    package var tokens: Int?
    package var params: Int
    package var paramsTotal: Int
    /// `dense` for a baseline that was not trained under compression.
    package var scheme: String
    /// `baseline` for one.
    package var spec: String
    package var bits: Double?
    /// Bits per activation and the share of zero weights that the model was trained under.
    package var nativeActivationBits: Int?
    package var nativeSparsity: Double?
    package var bitsPerWeight: Double
    package var shard: String
    /// In nats per scored token; of an evaluation that stopped by itself, the baseline's loss plus its QiD.
    package var loss: Double
}

extension WarehouseReader {
    /// The QiD of each cell's latest evaluation, or of the evaluations with these keys, by family, size, tokens and spec.
    package func qidPoints(evaluations: Set<String>? = nil) throws(WarehouseError) -> [QidPoint] {
        try checkNewest()
        let points = try rows(
            "SELECT * FROM \(evaluations == nil ? "qid_history WHERE age = 1" : "qid_history")\(Self.order)"
        ) {
            QidPoint(
                evaluation: $0["evaluation"], checkpoint: $0["checkpoint"], family: $0["family"], phase: Self.phase($0),
                step: $0["step"], tokens: $0["tokens"], params: $0["params"], paramsTotal: $0["params_total"],
                vocabularySize: $0["vocabulary_size"], method: $0["method"], scheme: $0["scheme"], spec: $0["spec"],
                bits: $0["bits"], groupSize: $0["group_size"], bitsPerWeight: $0["bits_per_weight"],
                shard: $0["shard"], context: $0["context"], score: $0["score"], windows: $0["windows"],
                availableWindows: $0["available_windows"],
                stderrTarget: $0["stderr_target"], loss16: $0["loss16"], loss: $0["loss"], qid: $0["qid"],
                stderr: $0["stderr"],
                kl: $0["kl"], agreement: $0["agreement"])
        }
        guard let evaluations else { return points }
        return points.filter { evaluations.contains($0.evaluation) }
    }

    /// The loss of every evaluation, or of those with these keys, by family, size, tokens and spec.
    package func lossPoints(evaluations: Set<String>? = nil) throws(WarehouseError) -> [LossPoint] {
        let points = try rows("SELECT * FROM loss\(Self.order)") {
            LossPoint(
                evaluation: $0["evaluation"], checkpoint: $0["checkpoint"], family: $0["family"], phase: Self.phase($0),
                step: $0["step"], tokens: $0["tokens"], params: $0["params"], paramsTotal: $0["params_total"],
                scheme: $0["scheme"], spec: $0["spec"], bits: $0["bits"],
                nativeActivationBits: $0["native_activation_bits"], nativeSparsity: $0["native_sparsity"],
                bitsPerWeight: $0["bits_per_weight"], shard: $0["shard"], loss: $0["loss"])
        }
        guard let evaluations else { return points }
        return points.filter { evaluations.contains($0.evaluation) }
    }

    /// What the stages could not use, by stage and subject.
    package func failures() throws(WarehouseError) -> [(stage: String, failure: FailureRow)] {
        try rows("SELECT stage, subject, reason FROM failure ORDER BY stage, subject") {
            (stage: $0["stage"], failure: FailureRow(subject: $0["subject"], reason: $0["reason"]))
        }
    }

    /// The keys of all evaluations that stand recorded.
    package func evaluationKeys() throws(WarehouseError) -> Set<String> {
        Set(try rows("SELECT key FROM evaluation") { $0[0] as String })
    }

    private static let order = " ORDER BY family, params, tokens, scheme, bits DESC, evaluation"

    private static func phase(_ row: Row) -> LearningRatePhase {
        LearningRatePhase(rawValue: row["phase"] ?? "") ?? .unknown
    }
}
