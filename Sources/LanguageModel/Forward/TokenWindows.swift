/// Windows over a token stream, one after the other.
package struct TokenWindows: Sendable, Equatable {
    /// The tokens of each window; the ids of all windows stand one after the other.
    package let context: Int
    package let ids: [UInt32]
    /// How many of its first tokens each window has of the stream, where some are filled up; nothing behind them counts.
    private let lengths: [Int]?

    package var count: Int { ids.count / context }

    /// Takes the ids of whole windows: their count is a multiple of `context`.
    package init(ids: [UInt32], context: Int) {
        precondition(context > 1 && ids.count.isMultiple(of: context))
        self.ids = ids
        self.context = context
        lengths = nil
    }

    /// Windows of at least two and at most `context` tokens each; shorter ones are filled up, which no token before sees.
    package init(filling windows: [[UInt32]], to context: Int) {
        precondition(context > 1 && windows.allSatisfy { 2...context ~= $0.count })
        ids = windows.flatMap { $0 + [UInt32](repeating: $0[$0.count - 1], count: context - $0.count) }
        self.context = context
        lengths = windows.contains { $0.count < context } ? windows.map(\.count) : nil
    }

    private init(ids: [UInt32], context: Int, lengths: [Int]?) {
        (self.ids, self.context, self.lengths) = (ids, context, lengths)
    }

    /// The ids of one window.
    package subscript(window: Int) -> ArraySlice<UInt32> { ids[window * context..<(window + 1) * context] }

    /// The windows at some places.
    package func windows(_ places: some Collection<Int>) -> TokenWindows {
        TokenWindows(
            ids: places.flatMap { self[$0] }, context: context,
            lengths: lengths.map { lengths in places.map { lengths[$0] } })
    }

    /// The tokens that a window has of the stream.
    package func length(_ window: Int) -> Int { lengths?[window] ?? context }
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
