internal import Compression
internal import Records
internal import ScalingLaws

extension SourceRecord {
    /// The place of a checkpoint.
    func row(of checkpoint: CheckpointRecord) -> TableRow {
        let native = facts.trainedAs
        return TableRow(
            "source", key: ["checkpoint": .text(checkpoint.digest), "path": .text(path)],
            [
                "family": .text(facts.family), "series": .optional(facts.run.series),
                "seed": .optional(facts.run.seed), "stage": .optional(facts.run.stage),
                "ingredient": .optional(facts.run.ingredient), "step": .optional(facts.step),
                "tokens": .optional(facts.tokens),
                "tokens_source": .optional(facts.tokensSource?.rawValue),
                "phase": .text(facts.phase.rawValue), "learning_rate": .optional(facts.learningRate),
                "native_scheme": .optional(native?.scheme),
                "native_bits": .optional(native?.bits), "native_activation_bits": .optional(native?.activations),
                "native_sparsity": .optional(native?.sparsity?.share), "fingerprint": .text(fingerprint),
            ])
    }
}

extension PlacedFinding {
    var row: TableRow {
        TableRow(
            "finding",
            key: ["path": .text(path), "kind": .text(finding.kind.rawValue), "message": .text(finding.message)],
            ["checkpoint": .optional(checkpoint), "is_fault": .integer(finding.isFault ? 1 : 0)])
    }
}

extension Failure {
    var row: TableRow {
        TableRow(
            "failure", key: ["stage": .text(stage), "subject": .text(subject)],
            ["reason": .text(reason), "checkpoint": .optional(cell?.checkpoint), "spec": .optional(cell?.spec)])
    }
}
