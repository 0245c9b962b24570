package import LanguageModel

/// An evaluation in which each variant was scored until its own QiD was known well enough.
///
/// What it says of one variant does not depend on which others were evaluated along with it.
package struct TargetedEvaluation: Sendable, Equatable {
    /// Tokens per window.
    package let context: Int
    /// Whole windows that the shard, or the limit that was asked for, would have given.
    package let availableWindows: Int
    /// The baseline on its own number of windows; nil where none was asked for.
    package let baseline: EvaluationResult?
    /// The others, each on the windows it needed, in the order of the variants.
    package let variants: [EvaluationResult]
}

extension Evaluator {
    /// What is scored where each variant stops by itself.
    package struct TargetedRequest: Sendable {
        package var context: Int
        /// The standard error of QiD to reach, in nats.
        package var standardError: Double
        /// The most windows to use; nil for all.
        package var limit: Int?
        /// The windows of the baseline's own result; 0 if none is wanted.
        package var baselineWindows: Int
        package var options: ScoringOptions

        package init(
            context: Int, standardError: Double, limit: Int?, baselineWindows: Int,
            options: ScoringOptions = ScoringOptions()
        ) {
            self.context = context
            self.standardError = standardError
            self.limit = limit
            self.baselineWindows = baselineWindows
            self.options = options
        }
    }

    /// Scores each variant on windows from the first on, in blocks of ``WindowCount/block``, until the standard error
    /// of its QiD is at most the target or the windows are used up.
    ///
    /// Those that are known drop out of the lockstep.
    ///
    /// Values that are not finite end a variant; its result says so. Those of the baseline end every variant that is
    /// still compared with it.
    package func evaluate(
        _ stream: [UInt32], _ request: TargetedRequest, control: RunControl = RunControl()
    ) throws(EvaluationError) -> TargetedEvaluation {
        let windows = try TokenWindows(
            stream: stream, context: request.context,
            count: .untilStandardError(request.standardError, limit: request.limit),
            vocabularySize: model.description.vocabularySize)
        let baselineWindows = min(request.baselineWindows, windows.count)
        var scores = names.map { _ in VariantScore() }
        var open = Array(names.indices.dropFirst())
        var baselineFault: String?
        for block in windows.blocks where !open.isEmpty || block.lowerBound < baselineWindows {
            let running = [0] + open
            let part = try score(
                windows.windows(block), running, request.options, control.part(block, of: windows.count))
            for (index, score) in zip(running, part) { scores[index] += score }
            if let module = scores[0].notFiniteAfter {
                for index in open { scores[index].notFiniteAfter = scores[index].notFiniteAfter ?? module }
                baselineFault = block.lowerBound < baselineWindows ? module : nil
                break
            }
            open.removeAll {
                result($0, scores[$0], baseline: scores[0]).isKnown(to: request.standardError)
            }
        }
        control.progress(1)
        let own = VariantScore(windows: Array(scores[0].windows.prefix(baselineWindows)), notFiniteAfter: baselineFault)
        return TargetedEvaluation(
            context: request.context, availableWindows: windows.count,
            baseline: baselineWindows > 0 ? result(0, own, baseline: own) : nil,
            variants: scores.indices.dropFirst().map { result($0, scores[$0], baseline: scores[0]) })
    }
}
