package import LanguageModel

/// The windows of a shard that may be scored, in the order in which they are.
package struct ShardWindows: Sendable, Equatable {
    package let tokens: TokenWindows
    /// Where each stands among the shard's windows, from 0.
    package let places: [Int]

    /// Cuts a token stream into windows that do not overlap, drops an incomplete last one, and takes as many as `count`
    /// may need.
    package init(
        stream ids: [UInt32], context: Int, count: WindowCount, order: WindowOrder = .usual, vocabularySize: Int
    ) throws(EvaluationError) {
        guard context >= 2 else { throw .contextTooShort(context) }
        let available = ids.count / context
        guard available > 0 else { throw .tooFewTokens(found: ids.count, context: context) }
        places = order.places(min(available, try count.limit() ?? available), of: available)
        for place in places.sorted() {
            let window = ids[place * context..<(place + 1) * context]
            if let position = window.firstIndex(where: { Int($0) >= vocabularySize }) {
                throw .tokenOutOfRange(id: Int(ids[position]), position: position, vocabularySize: vocabularySize)
            }
        }
        tokens = TokenWindows(ids: places.flatMap { ids[$0 * context..<($0 + 1) * context] }, context: context)
    }

    package var count: Int { places.count }

    /// The ranges of windows between two looks at what is known, in order; the last one may be shorter.
    var blocks: [Range<Int>] {
        stride(from: 0, to: count, by: WindowCount.block).map { $0..<min(count, $0 + WindowCount.block) }
    }
}
