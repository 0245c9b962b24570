/// Places inside a long text where no merge can ever reach across, so that it may be cut there into words.
///
/// SentencePiece-style tokenizers have no pre-tokenizer: to them a whole document is one word. But a merge joins a left
/// token with a right one, and if no right token that begins with `▁` has a left partner that ends with character `c`,
/// nothing joins across a `c▁`. Both characters must be tokens themselves, because only those end an unknown run.
struct WordBoundary: Sendable {
    /// UTF-8 of `▁`, U+2581.
    static let marker: [UInt8] = [0xe2, 0x96, 0x81]

    /// The tokens of characters that something joins with a following `▁`.
    private let joined: Set<UInt32>

    /// Works out the boundary of a character-level vocabulary, or nil where no argument holds: the vocabulary has no `▁`, or
    /// merges involve the tokens of bytes or of the unknown, whose text is not what they stand for.
    init?(vocabulary: ByteTable, merges: [(left: [UInt8], right: [UInt8])], special: Set<UInt32>) {
        guard vocabulary[Self.marker] != nil else { return nil }
        var joined: Set<UInt32> = []
        for (left, right) in merges {
            for part in [left, right, left + right] {
                if let token = vocabulary[part], special.contains(token) { return nil }
            }
            guard right.starts(with: Self.marker), !left.isEmpty else { continue }
            let start = left.span.start(before: left.count)
            if let token = vocabulary[Array(left[start...])] { joined.insert(token) }
        }
        self.joined = joined
    }

    /// The end of the word that begins at an offset.
    func end(of text: Span<UInt8>, from offset: Int, _ model: BytePairEncoding) -> Int {
        var end = offset + text.scalar(at: offset).byteCount
        var last = offset
        while end < text.count {
            if text[end] == Self.marker[0], text.matches(Self.marker, at: end, limit: text.count),
                case .token(let token) = model.symbol(text.extracting(last..<end)), !joined.contains(token)
            {
                return end
            }
            last = end
            end += text.scalar(at: end).byteCount
        }
        return end
    }
}
