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
        /// The token that each window begins with, if it is none of the stream's.
        package var beginning: UInt32?
        /// The ids of the stream where documents begin that windows do not leave; nil where they may.
        package var documents: [Int]?
        package var target: PrecisionTarget
        package var order: WindowOrder
        /// The most windows to use; nil for all.
        package var limit: Int?
        /// The windows of the baseline's own result; 0 if none is wanted.
        package var baselineWindows: Int
        package var options: ScoringOptions

        package init(
            context: Int, beginning: UInt32? = nil, documents: [Int]? = nil, target: PrecisionTarget,
            order: WindowOrder = .usual, limit: Int?, baselineWindows: Int,
            options: ScoringOptions = ScoringOptions()
        ) {
            (self.context, self.target, self.order) = (context, target, order)
            (self.beginning, self.documents) = (beginning, documents)
            self.limit = limit
            self.baselineWindows = baselineWindows
            self.options = options
        }
    }

    /// Scores each variant on windows in the order asked for, in blocks of ``WindowCount/block``, until it is known as well
    /// as the target asks or the windows are used up.
    ///
    /// Those that are known drop out of the lockstep.
    ///
    /// Values that are not finite end a variant; its result says so. Those of the baseline end every variant that is
    /// still compared with it.
    package func evaluate(
        _ stream: [UInt32], _ request: TargetedRequest, control: RunControl = RunControl()
    ) throws(EvaluationError) -> TargetedEvaluation {
        let windows = try ShardWindows(
            stream: stream, context: request.context, beginning: request.beginning, documents: request.documents,
            count: .until(request.target, limit: request.limit), order: request.order,
            vocabularySize: model.description.vocabularySize)
        let baselineWindows = min(request.baselineWindows, windows.count)
        var scores = names.map { _ in VariantScore() }
        var open = Array(names.indices.dropFirst())
        var baselineFault: String?
        for block in windows.blocks where !open.isEmpty || block.lowerBound < baselineWindows {
            let running = [0] + open
            let part = try score(
                windows, block, running, request.options, control.part(block, of: windows.count))
            for (index, score) in zip(running, part) { scores[index] += score }
            if let module = scores[0].notFiniteAfter {
                for index in open { scores[index].notFiniteAfter = scores[index].notFiniteAfter ?? module }
                baselineFault = block.lowerBound < baselineWindows ? module : nil
                break
            }
            open.removeAll {
                result($0, scores[$0], baseline: scores[0], windows).isKnown(to: request.target)
            }
        }
        control.progress(1)
        let own = VariantScore(windows: Array(scores[0].windows.prefix(baselineWindows)), notFiniteAfter: baselineFault)
        return TargetedEvaluation(
            context: request.context, availableWindows: windows.count,
            baseline: baselineWindows > 0 ? result(0, own, baseline: own, windows) : nil,
            variants: scores.indices.dropFirst().map { result($0, scores[$0], baseline: scores[0], windows) })
    }
}
