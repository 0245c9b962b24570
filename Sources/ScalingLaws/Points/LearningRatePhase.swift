/// Where the learning rate stood in its schedule when a checkpoint was saved.
package enum LearningRatePhase: String, Sendable, Hashable, CaseIterable {
    case annealed, unannealed, unknown
}
