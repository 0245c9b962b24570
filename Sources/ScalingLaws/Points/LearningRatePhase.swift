/// Where the learning rate stood in its schedule when a checkpoint was saved.
package enum LearningRatePhase: String, Sendable, Hashable, CaseIterable {
    /// It was still rising.
    case warmUp = "warm-up"
    /// It stood where it had risen to.
    case stable
    /// It was falling.
    case decay
    /// It had come to its end.
    case annealed
    /// It had not come to its end; whether it rose, stood or fell is not known.
    case unannealed
    case unknown
}
