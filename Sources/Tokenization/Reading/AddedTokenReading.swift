import JSON

/// The added tokens of a tokenizer.json: those found in the text as written, and those found in its normalized form.
struct AddedVocabulary: Sendable {
    private static let knownKeys: Set<String> = [
        "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special",
    ]

    private(set) var written = AddedTokens()
    private(set) var normalized = AddedTokens()
    private var byContent: TextTable
    /// One more than the largest number given to a token.
    private(set) var size = 0

    /// Reads `added_tokens`.
    ///
    /// A token's number is that of the same entry in the vocabulary, or else the next free one. That is what the
    /// `tokenizers` library gives, which only warns where the file's `id` says something else.
    init(
        _ elements: [JSONValue], file: String, entries: VocabularyEntries, normalizer: Normalizer
    ) throws(TokenizationError) {
        byContent = TextTable(capacity: elements.count)
        var all: [AddedTokens.Token] = []
        var patterns: Set<[UInt8]> = []
        var largest: UInt32?
        for (index, element) in elements.enumerated() {
            guard var token = try Self.token(element, file: file, path: "added_tokens[\(index)]", all) else { continue }
            token.token = entries.byText[token.content] ?? Self.next(after: largest, entries)
            largest = max(largest ?? 0, token.token)
            size = max(size, Int(token.token) + 1)
            byContent.insert(token.content, token.token)
            if token.isNormalized { token.pattern = normalizer.normalized(token.pattern) }
            guard !token.pattern.isEmpty else {
                throw .invalidValue(
                    file: file, key: "added_tokens[\(index)].content",
                    found: Fields.quote(.string(token.content)), expected: "a text that normalization does not empty")
            }
            // Which of two that normalization makes the same is found is left to chance in the library.
            guard !token.isNormalized || patterns.insert(token.pattern).inserted else {
                throw .invalidValue(
                    file: file, key: "added_tokens[\(index)].content",
                    found: Fields.quote(.string(token.content)),
                    expected: "a text that normalization does not make the same as another token's")
            }
            all.append(token)
            if token.isNormalized { normalized.add(token) } else { written.add(token) }
        }
    }

    /// The number of an added token.
    subscript(content: String) -> UInt32? { byContent[content] }

    private static func next(after largest: UInt32?, _ entries: VocabularyEntries) -> UInt32 {
        let count = UInt32(entries.byText.count)
        guard let largest, largest >= count || count == 0 else { return count }
        return largest + 1
    }

    /// Reads one token, or nil where it is one of those before once more.
    private static func token(
        _ element: JSONValue, file: String, path: String, _ before: [AddedTokens.Token]
    ) throws(TokenizationError) -> AddedTokens.Token? {
        let object = try Fields.object(element, file: file, name: path)
        let fields = try Fields(object, file: file, path: path, known: knownKeys)
        let content = try fields.string("content")
        guard !content.isEmpty else { return nil }
        let token = AddedTokens.Token(
            content: content, pattern: Array(content.utf8), token: 0, isSingleWord: try fields.bool("single_word"),
            stripsLeft: try fields.bool("lstrip"), stripsRight: try fields.bool("rstrip"),
            isNormalized: try fields.bool("normalized"), isSpecial: try fields.bool("special"))
        guard let twin = before.first(where: { $0.content.utf8.elementsEqual(content.utf8) }) else { return token }
        guard twin.isSingleWord == token.isSingleWord, twin.stripsLeft == token.stripsLeft,
            twin.stripsRight == token.stripsRight, twin.isNormalized == token.isNormalized,
            twin.isSpecial == token.isSpecial
        else {
            throw fields.invalid("content", .string(content), expected: "a token that is not in the list twice")
        }
        return nil
    }
}
