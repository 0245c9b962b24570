/// Places inside a long text where no merge can ever reach across, so that it may be cut there into words.
///
/// SentencePiece-style tokenizers have no pre-tokenizer: to them a whole document is one word. But a merge joins a left
/// token with a right one. If no merge has a left token that ends with character `c` and a right one that begins with
/// `d`, nothing ever joins across a `cd`. Both must be tokens themselves, because only those end a run of unknowns.
struct WordBoundary: Sendable {
    /// The pairs of character tokens that some merge joins.
    private var joined: MergeTable

    /// Works out the boundaries of a character-level vocabulary, or nil where the argument does not hold: where merges
    /// involve the tokens of bytes or of the unknown, whose text is not what they stand for.
    init?(vocabulary: ByteTable, merges: [(left: [UInt8], right: [UInt8])], special: Set<UInt32>) {
        joined = MergeTable(capacity: merges.count)
        for (left, right) in merges {
            guard !left.isEmpty, !right.isEmpty else { return nil }
            for part in [left, right, left + right] {
                if let token = vocabulary[part], special.contains(token) { return nil }
            }
            let last = left[left.span.start(before: left.count)...]
            let first = right[..<right.span.scalar(at: 0).byteCount]
            // A character that is no token never stands where a merge could see it.
            guard let before = vocabulary[Array(last)], let after = vocabulary[Array(first)] else { continue }
            joined.set(before, after, MergeTable.Merge(rank: 0, result: 0))
        }
    }

    /// The end of the word that begins at an offset.
    func end(of text: Span<UInt8>, from offset: Int, _ model: BytePairEncoding) -> Int {
        var end = offset
        var before: UInt32?
        while end < text.count {
            let byteCount = text.scalar(at: end).byteCount
            let after = model.characterToken(text, end..<end + byteCount)
            if let before, let after, joined.merge(before, after) == nil { return end }
            before = after
            end += byteCount
        }
        return end
    }
}
