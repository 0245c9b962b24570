/// A byte pair encoding: a vocabulary, its merges, and what becomes of characters that it does not have.
///
/// A word is a run of text that the pre-tokenizer has cut out. In the byte-level form its characters are bytes; else they
/// are Unicode scalars.
struct BytePairEncoding: Sendable {
    /// How the model's options read in tokenizer.json.
    struct Options: Sendable, Equatable {
        var unknownToken: UInt32?
        var fusesUnknown = false
        var byteFallback = false
        /// Words that are in the vocabulary are taken whole, whatever the merges say.
        var ignoresMerges = false
    }

    /// Entries by what they match in the text: bytes in the byte-level form, UTF-8 otherwise.
    let vocabulary: ByteTable
    let merges: MergeTable
    let options: Options
    let isByteLevel: Bool
    /// The symbol of each byte: in the byte-level form of all 256, otherwise of the ASCII characters.
    let symbols: [InitialSymbol]
    /// The tokens of the ASCII characters alone, or the largest number where there is none.
    let asciiTokens: [UInt32]
    /// The tokens `<0x00>` to `<0xFF>`, as far as there are any.
    let byteTokens: [UInt32?]
    /// Where words may be cut without changing any token; see `WordBoundary`.
    let boundary: WordBoundary?

    /// Appends the tokens of a word that is not in the cache.
    func append(_ word: Span<UInt8>, to list: inout SymbolList, tokens: inout [UInt32]) {
        list.removeAll()
        if isByteLevel { appendBytes(word, to: &list) } else { appendScalars(word, to: &list) }
        list.mergeAll(merges)
        tokens.append(contentsOf: list.tokens)
    }

    private func appendBytes(_ word: Span<UInt8>, to list: inout SymbolList) {
        var unknown = PendingUnknown(options: options)
        for index in word.indices { unknown.append(symbols[Int(word[index])], to: &list) }
        unknown.flush(to: &list)
    }

    private func appendScalars(_ word: Span<UInt8>, to list: inout SymbolList) {
        var unknown = PendingUnknown(options: options)
        var offset = 0
        while offset < word.count {
            let (_, byteCount) = word.scalar(at: offset)
            unknown.append(symbol(word.extracting(offset..<offset + byteCount)), to: &list)
            offset += byteCount
        }
        unknown.flush(to: &list)
    }

    /// The token of one character of a text, if the vocabulary has it.
    @inline(__always)
    func characterToken(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        guard range.count == 1 else { return vocabulary[text.extracting(range)] }
        let token = asciiTokens[Int(text[range.lowerBound])]
        return token == .max ? nil : token
    }

    /// The symbol of one character given by its UTF-8.
    func symbol(_ character: Span<UInt8>) -> InitialSymbol {
        if character.count == 1 { return symbols[Int(character[0])] }
        return Self.symbol(character, vocabulary, byteFallback: options.byteFallback, byteTokens)
    }

    static func symbol(
        _ character: Span<UInt8>, _ vocabulary: ByteTable, byteFallback: Bool, _ byteTokens: [UInt32?]
    ) -> InitialSymbol {
        if let token = vocabulary[character] { return .token(token) }
        guard byteFallback else { return .unknown }
        var tokens: [UInt32] = []
        for index in character.indices {
            guard let token = byteTokens[Int(character[index])] else { return .unknown }
            tokens.append(token)
        }
        return .bytes(tokens)
    }
}

/// The unknown token that has been met and not yet written.
///
/// The library writes it when the next known character or unknown one comes, but not before the bytes of a character
/// that falls back on them; so it can come after them, and does here.
private struct PendingUnknown {
    let options: BytePairEncoding.Options
    var isPending = false

    init(options: BytePairEncoding.Options) { self.options = options }

    mutating func append(_ symbol: InitialSymbol, to list: inout SymbolList) {
        switch symbol {
        case .token(let token):
            flush(to: &list)
            list.append(token)
        case .bytes(let tokens):
            for token in tokens { list.append(token) }
        case .unknown:
            if !options.fusesUnknown { flush(to: &list) }
            isPending = options.unknownToken != nil
        }
    }

    mutating func flush(to list: inout SymbolList) {
        if isPending, let token = options.unknownToken { list.append(token) }
        isPending = false
    }
}
