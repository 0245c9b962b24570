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
                "family": .text(facts.family), "step": .optional(facts.step), "tokens": .optional(facts.tokens),
                "phase": .text(facts.phase.rawValue), "native_scheme": .optional(native?.scheme),
                "native_bits": .optional(native?.bits), "native_activation_bits": .optional(native?.activations),
                "native_sparsity": .optional(native?.sparsity?.share), "fingerprint": .text(fingerprint),
            ])
    }
}

extension Failure {
    var row: TableRow {
        TableRow(
            "failure", key: ["stage": .text(stage), "subject": .text(subject)],
            ["reason": .text(reason), "checkpoint": .optional(cell?.checkpoint), "spec": .optional(cell?.spec)])
    }
}
