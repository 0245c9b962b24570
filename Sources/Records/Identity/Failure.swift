/// An input that a stage could not use.
package struct Failure: Sendable, Equatable {
    package var stage: String
    /// The input in words: a file, a checkpoint or a cell.
    package var subject: String
    package var reason: String
    /// The cell, where it is one.
    package var cell: Cell?

    package init(stage: String, subject: String, reason: String, cell: Cell? = nil) {
        (self.stage, self.subject, self.reason, self.cell) = (stage, subject, reason, cell)
    }

    /// A checkpoint under a spec.
    package struct Cell: Sendable, Hashable {
        /// The checkpoint's digest.
        package var checkpoint: String
        /// The spec's name, or `baseline`.
        package var spec: String

        package init(checkpoint: String, spec: String) {
            self.checkpoint = checkpoint
            self.spec = spec
        }
    }
}
