package import LanguageModel

/// The windows of a shard that may be scored, in the order in which they are.
package struct ShardWindows: Sendable, Equatable {
    package let tokens: TokenWindows
    /// Where each stands among the shard's windows, from 0.
    package let places: [Int]

    /// Cuts a token stream into windows that do not overlap, drops an incomplete last one, and takes as many as `count`
    /// may need.
    ///
    /// With a `beginning`, each window is that token and the next `context` − 1 of the stream, so that all tokens of the
    /// stream are scored.
    package init(
        stream ids: [UInt32], context: Int, beginning: UInt32? = nil, count: WindowCount, order: WindowOrder = .usual,
        vocabularySize: Int
    ) throws(EvaluationError) {
        guard context >= 2 else { throw .contextTooShort(context) }
        let length = beginning == nil ? context : context - 1
        let available = ids.count / length
        guard available > 0 else { throw .tooFewTokens(found: ids.count, context: context) }
        places = order.places(min(available, try count.limit() ?? available), of: available)
        for place in places.sorted() {
            let window = ids[place * length..<(place + 1) * length]
            if let position = window.firstIndex(where: { Int($0) >= vocabularySize }) {
                throw .tokenOutOfRange(id: Int(ids[position]), position: position, vocabularySize: vocabularySize)
            }
        }
        if let beginning, Int(beginning) >= vocabularySize {
            throw .tokenOutOfRange(id: Int(beginning), position: 0, vocabularySize: vocabularySize)
        }
        let start = beginning.map { [$0] } ?? []
        tokens = TokenWindows(
            ids: places.flatMap { start + ids[$0 * length..<($0 + 1) * length] }, context: context)
    }

    package var count: Int { places.count }

    /// The ranges of windows between two looks at what is known, in order; the last one may be shorter.
    var blocks: [Range<Int>] {
        stride(from: 0, to: count, by: WindowCount.block).map { $0..<min(count, $0 + WindowCount.block) }
    }
}
