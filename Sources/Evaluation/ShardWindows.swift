/// The windows of a shard that may be scored, in the order in which they are.
package struct ShardWindows: Sendable, Equatable {
    /// Tokens of the longest window there may be.
    package let context: Int
    /// The ids of each window, the token that it begins with among them.
    package let windows: [[UInt32]]
    /// Where each stands among the shard's windows, from 0.
    package let places: [Int]
    /// What windows belong to that go together; see ``WindowBlocks``.
    let neighbourhood: Neighbourhood

    /// Where windows stand in the shard, for the errors of means over them.
    struct Neighbourhood: Sendable, Equatable {
        /// The token of the shard where each window, or the document it is of, begins; multiples of `unit`.
        let offsets: [Int]
        let unit: Int
    }

    /// Cuts a token stream into windows that do not overlap and takes as many as `count` may need.
    ///
    /// Each window has `context` tokens, and an incomplete last one is dropped; where `documents` says at which ids
    /// documents begin, the last window of each is as short as what is left of it, and dropped if that scores nothing.
    /// With a `beginning`, each window is that token and the next `context` − 1 of the stream, so that all tokens of the
    /// stream are scored.
    package init(
        stream ids: [UInt32], context: Int, beginning: UInt32? = nil, documents: [Int]? = nil, count: WindowCount,
        order: WindowOrder = .usual, vocabularySize: Int
    ) throws(EvaluationError) {
        guard context >= 2 else { throw .contextTooShort(context) }
        let length = beginning == nil ? context : context - 1
        let cuts =
            documents.map { Self.cuts(ids.count, documents: $0, length: length, least: beginning == nil ? 2 : 1) }
            ?? stride(from: 0, to: ids.count - ids.count % length, by: length).map {
                Cut(range: $0..<$0 + length, offset: $0 / length * context)
            }
        guard !cuts.isEmpty else { throw .tooFewTokens(found: ids.count, context: documents == nil ? context : 2) }
        places = order.places(min(cuts.count, try count.limit() ?? cuts.count), of: cuts.count)
        for place in places.sorted() {
            if let position = ids[cuts[place].range].firstIndex(where: { Int($0) >= vocabularySize }) {
                throw .tokenOutOfRange(id: Int(ids[position]), position: position, vocabularySize: vocabularySize)
            }
        }
        if let beginning, Int(beginning) >= vocabularySize {
            throw .tokenOutOfRange(id: Int(beginning), position: 0, vocabularySize: vocabularySize)
        }
        let start = beginning.map { [$0] } ?? []
        self.context = context
        windows = places.map { start + ids[cuts[$0].range] }
        neighbourhood = Neighbourhood(
            offsets: places.map { cuts[$0].offset }, unit: documents == nil ? context : 1)
    }

    private struct Cut {
        let range: Range<Int>
        let offset: Int
    }

    /// The windows of documents that begin at these ids.
    private static func cuts(_ count: Int, documents: [Int], length: Int, least: Int) -> [Cut] {
        zip(documents, documents.dropFirst() + [count]).flatMap { start, end in
            stride(from: start, to: end, by: length)
                .map { Cut(range: $0..<min(end, $0 + length), offset: start) }
                .filter { $0.range.count >= least }
        }
    }

    package var count: Int { windows.count }

    /// The ranges of windows between two looks at what is known, in order; the last one may be shorter.
    var blocks: [Range<Int>] {
        stride(from: 0, to: count, by: WindowCount.block).map { $0..<min(count, $0 + WindowCount.block) }
    }

    /// The blocks of the first `count` windows.
    func errorBlocks(_ count: Int) -> WindowBlocks {
        WindowBlocks(offsets: Array(neighbourhood.offsets.prefix(count)), unit: neighbourhood.unit)
    }
}
