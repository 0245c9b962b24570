import Presentation
package import Records

/// The 16-bit losses of one training run's checkpoints in the order of their steps.
///
/// Loss changes little by little: one that lies outside of what the steps before and after it have, by more than half of
/// their difference and by more than `leastExcess`, is of other weights than its name says, or of a run that went wrong
/// there. The first and the last have a neighbour on one side only and are not judged.
package struct LossTrajectory {
    /// In nats a token; below it losses of a plateau may just scatter.
    static let leastExcess = 0.1

    private let losses: [BaselineLoss]

    package init(_ losses: [BaselineLoss]) {
        self.losses = losses.sorted { ($0.step, $0.checkpoint) < ($1.step, $1.checkpoint) }
    }

    /// Those that are out of line, each with what shows it in words.
    package var outOfLine: [(loss: BaselineLoss, message: String)] {
        losses.indices.dropFirst().dropLast().compactMap { index in
            let (before, here, after) = (losses[index - 1], losses[index], losses[index + 1])
            let (low, high) = (min(before.loss, after.loss), max(before.loss, after.loss))
            let excess = max(low - here.loss, here.loss - high)
            guard excess > max(Self.leastExcess, (high - low) / 2) else { return nil }
            return (
                here,
                "its loss in 16 bits is \(words(here)), that of step \(before.step) \(words(before)) and that of step "
                    + "\(after.step) \(words(after)): the weights are of another step, or training went wrong there"
            )
        }
    }

    private func words(_ one: BaselineLoss) -> String { Figures.fixed(one.loss, decimals: 2) }
}

/// What losses say against checkpoints, once they are measured, at each place of the checkpoint in that run.
package func lossFindings(_ sources: [SourceRecord], _ losses: [BaselineLoss]) -> [PlacedFinding] {
    let runs = Dictionary(grouping: losses) { [$0.family, $0.series, $0.scoring] }
    return runs.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap { _, run in
        LossTrajectory(run).outOfLine.flatMap { found in
            sources.filter { source in
                source.digest == found.loss.checkpoint && source.facts.run.series == found.loss.series
            }.map { source in
                PlacedFinding(
                    path: source.path, checkpoint: source.digest, finding: Finding(.lossOutOfLine, found.message))
            }
        }
    }
}
