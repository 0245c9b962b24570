package import LanguageModel

/// How many of a shard's windows are scored.
package enum WindowCount: Sendable, Equatable {
    /// All whole windows.
    case all
    /// The first windows, or all if there are fewer.
    case first(Int)
    /// Windows from the first on, in blocks of ``block``, until the standard error of every variant's QiD is at most
    /// `standardError`, or `limit` windows or the shard are used up.
    ///
    /// What is used depends on shard, models and target alone, not on threads or memory.
    case untilStandardError(Double, limit: Int?)

    /// Windows between two looks at the standard error.
    ///
    /// What an artifact holds depends on it, so that another number needs another version of the stage that evaluates.
    package static let block = 16
}

extension TokenWindows {
    /// Cuts a token stream into consecutive windows that do not overlap; an incomplete last one is dropped.
    package init(
        stream ids: [UInt32], context: Int, count: WindowCount, vocabularySize: Int
    ) throws(EvaluationError) {
        guard context >= 2 else { throw .contextTooShort(context) }
        let available = ids.count / context
        guard available > 0 else { throw .tooFewTokens(found: ids.count, context: context) }
        let used = min(available, try count.limit() ?? available)
        let ids = Array(ids.prefix(used * context))
        if let position = ids.firstIndex(where: { Int($0) >= vocabularySize }) {
            throw .tokenOutOfRange(id: Int(ids[position]), position: position, vocabularySize: vocabularySize)
        }
        self.init(ids: ids, context: context)
    }

    /// The ranges of windows between two looks at the standard error, in order; the last one may be shorter.
    var blocks: [Range<Int>] {
        stride(from: 0, to: count, by: WindowCount.block).map { $0..<min(count, $0 + WindowCount.block) }
    }
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
    fileprivate func limit() throws(EvaluationError) -> Int? {
        let limit: Int?
        switch self {
        case .all: limit = nil
        case .first(let count): limit = count
        case .untilStandardError(let target, let most):
            guard target > 0 else { throw .standardErrorNotPositive(target) }
            limit = most
        }
        if let limit, limit < 1 { throw .noWindows(limit) }
        return limit
    }
}
