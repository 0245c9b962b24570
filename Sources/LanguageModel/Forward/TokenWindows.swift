/// Windows of equal length over a token stream, one after the other.
package struct TokenWindows: Sendable, Equatable {
    /// The tokens of each window; the ids of all windows stand one after the other.
    package let context: Int
    package let ids: [UInt32]

    package var count: Int { ids.count / context }

    /// Takes the ids of whole windows: their count is a multiple of `context`.
    package init(ids: [UInt32], context: Int) {
        precondition(context > 1 && ids.count.isMultiple(of: context))
        self.ids = ids
        self.context = context
    }

    /// The ids of one window.
    package subscript(window: Int) -> ArraySlice<UInt32> { ids[window * context..<(window + 1) * context] }

    /// Some of the windows.
    package func windows(_ range: Range<Int>) -> TokenWindows {
        TokenWindows(ids: Array(ids[range.lowerBound * context..<range.upperBound * context]), context: context)
    }
}

/// Which tokens of a window count.
package enum ScoredTokens: String, Sendable, CaseIterable {
    /// Every token but the first, given those before it.
    case all
    /// The tokens after the middle, as llama.cpp's perplexity scores: positions context/2 + 1 and on.
    case secondHalf = "second-half"

    /// The positions whose next token is scored.
    package func positions(context: Int) -> Range<Int> {
        switch self {
        case .all: 0..<context - 1
        case .secondHalf: min(context / 2, context - 1)..<context - 1
        }
    }
}
