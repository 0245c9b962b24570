import JSON

/// A unigram language model over pieces of text (Kudo, 1804.10959): a word becomes the pieces whose scores sum to the most.
struct Unigram: Sendable {
    private let pieces: ByteTable
    private let trie: ByteTrie
    /// log p of each piece.
    private let scores: [Double]
    private let unknown: UInt32?
    /// The score of a character that is no piece.
    private let unknownScore: Double
    /// The tokens `<0x00>` to `<0xFF>`, where characters fall back on them.
    private let byteTokens: [UInt32?]?

    /// What is taken from the lowest score for unknown characters.
    private static let unknownPenalty = 10.0

    init(pieces list: [(text: String, score: Double)], unknown: UInt32?, byteFallback: Bool) {
        var pieces = ByteTable(capacity: list.count)
        var trie = ByteTrie()
        for (index, piece) in list.enumerated() {
            let bytes = Array(piece.text.utf8)
            // Of two pieces that are the same the last is found.
            if pieces[bytes] == nil { trie.insert(bytes, value: index) } else { trie.replace(bytes, value: index) }
            pieces.insert(bytes, value: UInt32(index))
        }
        (self.pieces, self.trie, self.unknown) = (pieces, trie, unknown)
        scores = list.map(\.score)
        unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
        byteTokens =
            byteFallback ? (UInt8.min...UInt8.max).map { pieces[Array(BytePairEncoding.byteTokenName($0).utf8)] } : nil
    }

    /// The best way to a place in the word.
    private struct Step {
        var token: UInt32?
        var score = 0.0
        var start = -1
    }

    /// Appends the tokens of a word.
    func append(_ word: Span<UInt8>, to tokens: inout [UInt32]) {
        let steps = bestSteps(word)
        var parts: [Range<Int>] = []
        var end = word.count
        // Unknown characters in a row are one.
        var unknownEnd: Int?
        while end > 0 {
            let step = steps[end]
            if step.token == unknown, unknown != nil {
                unknownEnd = unknownEnd ?? end
            } else {
                if let last = unknownEnd { parts.append(end..<last) }
                unknownEnd = nil
                parts.append(step.start..<end)
            }
            end = step.start
        }
        if let last = unknownEnd { parts.append(0..<last) }
        for part in parts.reversed() { append(part: word.extracting(part), to: &tokens) }
    }

    private func bestSteps(_ word: Span<UInt8>) -> [Step] {
        var steps = [Step](repeating: Step(), count: word.count + 1)
        func offer(_ token: UInt32?, _ score: Double, _ range: Range<Int>) {
            let end = range.upperBound
            guard steps[end].start < 0 || score > steps[end].score else { return }
            steps[end] = Step(token: token, score: score, start: range.lowerBound)
        }
        var start = 0
        while start < word.count {
            let before = steps[start].score
            let length = word.scalar(at: start).byteCount
            var hasCharacter = false
            trie.forEachPrefix(word, at: start) { token, end in
                offer(UInt32(token), scores[token] + before, start..<end)
                if end == start + length { hasCharacter = true }
            }
            if !hasCharacter { offer(unknown, unknownScore + before, start..<start + length) }
            start += length
        }
        return steps
    }

    private func append(part: Span<UInt8>, to tokens: inout [UInt32]) {
        if let token = pieces[part] { return tokens.append(token) }
        if let byteTokens {
            let bytes = part.indices.compactMap { byteTokens[Int(part[$0])] }
            if bytes.count == part.count { return tokens.append(contentsOf: bytes) }
        }
        if let unknown { tokens.append(unknown) }
    }
}
