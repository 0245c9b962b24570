import JSON

extension Unigram {
    private static let knownKeys: Set<String> = ["type", "unk_id", "vocab", "byte_fallback"]

    /// Reads the object called `model` where its type is `Unigram`.
    static func read(
        _ object: JSONObject, file: String
    ) throws(TokenizationError) -> (model: Unigram, entries: VocabularyEntries) {
        let fields = try Fields(object, file: file, path: "model", known: knownKeys)
        var pieces: [(text: String, score: Double)] = []
        for (index, element) in try fields.array("vocab").enumerated() {
            guard let pair = element.array, pair.count == 2, let text = pair[0].string, let score = pair[1].double,
                score.isFinite
            else {
                throw .invalidValue(
                    file: file, key: "model.vocab[\(index)]", found: Fields.quote(element),
                    expected: "a piece of text and its score")
            }
            pieces.append((text, score))
        }
        var unknown: UInt32?
        if let value = fields["unk_id"] {
            guard let index = value.int, pieces.indices.contains(index) else {
                throw fields.invalid("unk_id", value, expected: "the number of an entry of 'model.vocab', or null")
            }
            unknown = UInt32(index)
        }
        let model = Unigram(
            pieces: pieces, unknown: unknown, byteFallback: try fields.bool("byte_fallback", default: false))
        return (model, VocabularyEntries(pieces: pieces.map(\.text)))
    }
}

extension VocabularyEntries {
    /// The entries of a list, numbered in its order.
    fileprivate init(pieces: [String]) {
        self.init(capacity: pieces.count)
        for (index, text) in pieces.enumerated() { add(text, UInt32(index)) }
    }
}
