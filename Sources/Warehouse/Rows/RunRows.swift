/// A finished run with the evaluations and fits that it asked for.
package struct RunRecord: Sendable, Equatable {
    package var lockDigest: String
    package var name: String
    /// UTC, as in `2026-01-31T12:00:00Z`.
    package var startedAt: String
    /// The text of the lock.
    package var lock: String
    /// Keys of evaluations that stand recorded.
    package var evaluations: [String] = []
    /// Keys of fits that stand recorded.
    package var fits: [String] = []

    package init(lockDigest: String, name: String, startedAt: String, lock: String) {
        (self.lockDigest, self.name, self.startedAt, self.lock) = (lockDigest, name, startedAt, lock)
    }

    /// The run's own row; the time of the first of its repetitions stands.
    func row(programVersion: String) -> TableRow {
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
