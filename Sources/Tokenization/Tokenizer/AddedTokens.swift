/// Tokens that are found in the text before anything else looks at it.
struct AddedTokens: Sendable {
    struct Token: Sendable, Equatable {
        var content: String
        /// What the token is found by: its content, normalized if the token asks for that.
        var pattern: [UInt8]
        var token: UInt32
        var isSingleWord = false
        var stripsLeft = false
        var stripsRight = false
        var isNormalized = false
        var isSpecial = false
    }

    private var tokens: [Token] = []
    private var trie = ByteTrie()

    var isEmpty: Bool { tokens.isEmpty }

    /// Adds a token whose pattern no other has.
    mutating func add(_ token: Token) {
        trie.insert(token.pattern, value: tokens.count)
        tokens.append(token)
    }

    /// Calls `body` with the tokens found in a text and the stretches between them, in order.
    ///
    /// The leftmost is found first and the longest of those; spaces that a token strips go with it.
    func forEachStretch(_ text: Span<UInt8>, _ body: (Range<Int>, UInt32?) -> Void) {
        var rest = 0
        var offset = 0
        while offset < text.count {
            guard let match = trie.longest(text, at: offset) else {
                offset += 1
                continue
            }
            let token = tokens[match.value]
            let found = offset..<match.end
            offset = match.end
            if token.isSingleWord, !standsAlone(text, found) { continue }
            let start = token.stripsLeft ? max(spaceStart(text, before: found.lowerBound), rest) : found.lowerBound
            if rest < start { body(rest..<start, nil) }
            rest = token.stripsRight ? spaceEnd(text, after: found.upperBound) : found.upperBound
            // Where the token before has taken all of the spaces that this one consists of, nothing is left of it.
            if start < rest { body(found, token.token) }
        }
        if rest < text.count { body(rest..<text.count, nil) }
    }

    private func standsAlone(_ text: Span<UInt8>, _ found: Range<Int>) -> Bool {
        if found.lowerBound > 0, isWord(text, text.start(before: found.lowerBound)) { return false }
        return found.upperBound == text.count || !isWord(text, found.upperBound)
    }

    private func isWord(_ text: Span<UInt8>, _ offset: Int) -> Bool {
        Unicode.Scalar(text.scalar(at: offset).value)?.isWordForAddedTokens == true
    }

    private func isSpace(_ text: Span<UInt8>, _ offset: Int) -> Bool {
        Unicode.Scalar(text.scalar(at: offset).value)?.properties.isWhitespace == true
    }

    private func spaceStart(_ text: Span<UInt8>, before end: Int) -> Int {
        var start = end
        while start > 0 {
            let previous = text.start(before: start)
            guard isSpace(text, previous) else { break }
            start = previous
        }
        return start
    }

    private func spaceEnd(_ text: Span<UInt8>, after start: Int) -> Int {
        var end = start
        while end < text.count, isSpace(text, end) { end += text.scalar(at: end).byteCount }
        return end
    }
}

/// Byte strings by their beginnings, to find the longest that stands at a place.
struct ByteTrie: Sendable {
    private struct Edge: Hashable {
        let node: Int
        let byte: UInt8
    }

    private var edges: [Edge: Int] = [:]
    private var values: [Int?] = [nil]
    /// Most places in a text are ruled out by their first byte.
    private var begins = [Bool](repeating: false, count: 256)

    /// Adds a string that is not empty and not there yet.
    mutating func insert(_ bytes: [UInt8], value: Int) {
        guard let first = bytes.first else { return }
        begins[Int(first)] = true
        var node = 0
        for byte in bytes {
            if let next = edges[Edge(node: node, byte: byte)] {
                node = next
            } else {
                values.append(nil)
                edges[Edge(node: node, byte: byte)] = values.count - 1
                node = values.count - 1
            }
        }
        values[node] = value
    }

    /// Gives a string that is there another value.
    mutating func replace(_ bytes: [UInt8], value: Int) {
        var node = 0
        for byte in bytes {
            guard let next = edges[Edge(node: node, byte: byte)] else { return }
            node = next
        }
        values[node] = value
    }

    /// Calls `body` with every string that begins at an offset and its end, the shortest first.
    @inline(__always)
    func forEachPrefix(_ text: Span<UInt8>, at start: Int, _ body: (_ value: Int, _ end: Int) -> Void) {
        guard begins[Int(text[start])] else { return }
        var node = 0
        var offset = start
        while offset < text.count, let next = edges[Edge(node: node, byte: text[offset])] {
            node = next
            offset += 1
            if let value = values[node] { body(value, offset) }
        }
    }

    /// The longest string that begins at an offset, with its end.
    @inline(__always)
    func longest(_ text: Span<UInt8>, at offset: Int) -> (value: Int, end: Int)? {
        begins[Int(text[offset])] ? walk(text, offset) : nil
    }

    private func walk(_ text: Span<UInt8>, _ start: Int) -> (value: Int, end: Int)? {
        var found: (value: Int, end: Int)?
        var node = 0
        var offset = start
        while offset < text.count, let next = edges[Edge(node: node, byte: text[offset])] {
            node = next
            offset += 1
            if let value = values[node] { found = (value, offset) }
        }
        return found
    }
}
