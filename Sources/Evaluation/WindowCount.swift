import LanguageModel

/// How many of a shard's windows are scored.
package enum WindowCount: Sendable, Equatable {
    /// All whole windows.
    case all
    /// So many, or all if there are fewer.
    case first(Int)
    /// In blocks of ``block``, until every variant is known as well as `target` asks, or `limit` windows or the shard are
    /// used up.
    ///
    /// What is used depends on shard, order, models and target alone, not on threads or memory.
    case until(PrecisionTarget, limit: Int?)

    /// Windows between two looks at what is known.
    ///
    /// What an artifact holds depends on it and on ``least``, so that other numbers need another version of the stage that
    /// evaluates.
    package static let block = 16
    /// Windows before anything is believed to be known: of fewer, a standard error is too often small by chance.
    package static let least = 32
}

extension RunControl {
    /// The control of some of the windows of a run.
    func part(_ block: Range<Int>, of count: Int) -> RunControl {
        RunControl(
            progress: { progress((Double(block.lowerBound) + $0 * Double(block.count)) / Double(count)) },
            isCancelled: isCancelled)
    }
}

extension VariantScore {
    /// Adds the scores of the windows that follow.
    static func += (score: inout VariantScore, next: VariantScore) {
        score.windows += next.windows
        score.notFiniteAfter = score.notFiniteAfter ?? next.notFiniteAfter
    }
}

extension WindowCount {
    /// The most windows that may be used, nil for all.
    func limit() throws(EvaluationError) -> Int? {
        let limit: Int?
        switch self {
        case .all: limit = nil
        case .first(let count): limit = count
        case .until(let target, let most):
            try target.check()
            limit = most
        }
        if let limit, limit < 1 { throw .noWindows(limit) }
        return limit
    }
}
