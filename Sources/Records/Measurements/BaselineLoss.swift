/// The loss of a checkpoint in 16 bits at a step of its training run.
package struct BaselineLoss: Sendable, Equatable {
    package var family: String
    package var series: String
    package var step: Int
    /// The checkpoint's digest.
    package var checkpoint: String
    /// On what it was scored and how: losses of two such names do not compare.
    package var scoring: String
    /// In nats per scored token.
    package var loss: Double

    package init(family: String, series: String, step: Int, checkpoint: String, scoring: String, loss: Double) {
        (self.family, self.series, self.step) = (family, series, step)
        (self.checkpoint, self.scoring, self.loss) = (checkpoint, scoring, loss)
    }
}
