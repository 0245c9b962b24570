/// A finished run with the evaluations and fits that it asked for.
package struct RunRow: Sendable, Equatable {
    package var lockDigest: String
    package var name: String
    /// UTC, as in `2026-01-31T12:00:00Z`.
    package var startedAt: String
    package var programVersion: String
    /// The text of the lock.
    package var lock: String
    /// Keys of evaluations that stand recorded.
    package var evaluations: [String]
    /// Keys of fits that stand recorded.
    package var fits: [String]

    package init(
        lockDigest: String, name: String, startedAt: String, programVersion: String, lock: String,
        evaluations: [String], fits: [String]
    ) {
        self.lockDigest = lockDigest
        self.name = name
        self.startedAt = startedAt
        self.programVersion = programVersion
        self.lock = lock
        self.evaluations = evaluations
        self.fits = fits
    }
}

/// An input that a stage could not use.
package struct FailureRow: Sendable, Equatable {
    /// A file, a checkpoint or a cell.
    package var subject: String
    package var reason: String

    package init(subject: String, reason: String) {
        self.subject = subject
        self.reason = reason
    }
}
