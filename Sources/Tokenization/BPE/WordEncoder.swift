import Synchronization

/// What makes tokens of a word.
enum WordModel: Sendable {
    case pairs(BytePairEncoding)
    case unigram(Unigram)
}

/// Turns words into tokens and remembers the words it has seen.
///
/// `@unchecked Sendable` because one caller holds it at a time, from `EncoderPool.take` to `EncoderPool.give`.
final class WordEncoder: @unchecked Sendable {
    private static let longestCached = 256
    private static let cachedWords = 1 << 16
    private static let cachedBytes = 1 << 20

    private let model: WordModel
    private var list = SymbolList()
    /// Places in `cachedTokens` by word; each begins with how many tokens follow.
    private var cache = ByteTable(capacity: 1 << 12)
    private var cachedTokens: [UInt32] = []

    init(_ model: WordModel) { self.model = model }

    /// Appends the tokens of a word.
    func append(_ word: Span<UInt8>, to tokens: inout [UInt32]) {
        guard case .pairs(let model) = model else { return appendWord(word, to: &tokens) }
        if model.options.ignoresMerges, let token = model.vocabulary[word] {
            tokens.append(token)
            return
        }
        guard let boundary = model.boundary else { return appendWord(word, to: &tokens) }
        var offset = 0
        while offset < word.count {
            let end = boundary.end(of: word, from: offset, model)
            appendWord(word.extracting(offset..<end), to: &tokens)
            offset = end
        }
    }

    private func appendWord(_ word: Span<UInt8>, to tokens: inout [UInt32]) {
        guard word.count <= Self.longestCached else {
            return appendUnknownWord(word, to: &tokens)
        }
        let hash = ByteTable.hash(word)
        if let place = cache.value(of: word, hash: hash) {
            let first = Int(place) + 1
            for index in first..<first + Int(cachedTokens[Int(place)]) { tokens.append(cachedTokens[index]) }
            return
        }
        let first = tokens.count
        appendUnknownWord(word, to: &tokens)
        remember(word, hash, tokens[first...])
    }

    /// Appends the tokens of a word that is not remembered.
    private func appendUnknownWord(_ word: Span<UInt8>, to tokens: inout [UInt32]) {
        switch model {
        case .pairs(let model): model.append(word, to: &list, tokens: &tokens)
        case .unigram(let model): model.append(word, to: &tokens)
        }
    }

    private func remember(_ word: Span<UInt8>, _ hash: UInt32, _ tokens: ArraySlice<UInt32>) {
        if cache.count >= Self.cachedWords || cache.keyBytes.count >= Self.cachedBytes {
            cache.removeAll()
            cachedTokens.removeAll(keepingCapacity: true)
        }
        cache.insert(word, hash: hash, value: UInt32(cachedTokens.count))
        cachedTokens.append(UInt32(tokens.count))
        cachedTokens.append(contentsOf: tokens)
    }
}

/// Encoders that wait for their next text, at most one for each that was ever used at the same time.
final class EncoderPool: Sendable {
    private let model: WordModel
    private let waiting = Mutex<[WordEncoder]>([])

    init(_ model: WordModel) { self.model = model }

    func take() -> WordEncoder { waiting.withLock { $0.popLast() } ?? WordEncoder(model) }

    func give(_ encoder: WordEncoder) { waiting.withLock { $0.append(encoder) } }
}
