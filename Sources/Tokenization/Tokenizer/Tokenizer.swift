package import FoundationEssentials
import GGUF
import JSON

/// A tokenizer.json, ready to turn texts into token ids.
///
/// The ids are those of the Hugging Face `tokenizers` library without the special tokens that its post-processor adds.
/// Supported is byte pair encoding, byte-level with any pre-tokenizer of `PreTokenizer` or SentencePiece-style with byte
/// fallback, and SentencePiece's unigram model with scores. A file that asks for anything else is refused with the key and the value that ask for it; but for
/// `truncation` and `padding`, which are left over from whoever saved the file: transformers resets both at each call.
package struct Tokenizer: Sendable {
    private static let fileByteLimit = 1 << 28
    private static let knownKeys: Set<String> = [
        "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
        "model",
    ]

    private let added: AddedVocabulary
    private let normalizer: Normalizer
    private let preTokenizer: PreTokenizer
    private let encoders: EncoderPool
    /// One more than the largest id.
    package let vocabularySize: Int
    /// The token that ends a document, by its usual names (`EndOfText.names`), for models whose configuration does not name
    /// one.
    package let endOfText: UInt32?

    /// Reads a tokenizer.json, or the tokenizer of a GGUF file.
    package init(file: URL) throws(TokenizationError) {
        if GGUFFile.isOne(file) {
            try self.init(try Self.value(ofGGUF: file), name: file.path)
            return
        }
        let bytes = try readAll(file, limit: Self.fileByteLimit)
        try self.init(json: bytes, name: file.path)
    }

    /// Reads the text of a tokenizer.json; `name` is what messages call it.
    package init(json bytes: [UInt8], name: String) throws(TokenizationError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .notJSON(file: name, error)
        }
        try self.init(value, name: name)
    }

    private init(_ value: JSONValue, name: String) throws(TokenizationError) {
        let object = try Fields.object(value, file: name, name: "the whole file")
        let fields = try Fields(object, file: name, path: "", known: Self.knownKeys)
        try Self.refuseUnsupported(fields)
        normalizer = try Normalizer(fields["normalizer"], file: name)
        preTokenizer = try PreTokenizer(fields["pre_tokenizer"], file: name)
        guard normalizer.keepsBeginnings || !preTokenizer.asksForBeginnings else {
            throw .unsupportedValue(
                file: name, key: "normalizer", found: "a Replace of more than single characters",
                supported: "Metaspace with 'prepend_scheme' 'always' or 'never' after it")
        }
        let (model, entries) = try Self.model(try fields.object("model"), file: name, preTokenizer)
        let list = fields["added_tokens"] == nil ? [] : try fields.array("added_tokens")
        added = try AddedVocabulary(list, file: name, entries: entries, normalizer: normalizer)
        encoders = EncoderPool(model)
        vocabularySize = max(entries.size, added.size)
        let added = added
        endOfText = EndOfText.names.lazy.compactMap { added[$0] ?? entries.byText[$0] }.first
    }

    private static func model(
        _ object: JSONObject, file: String, _ preTokenizer: PreTokenizer
    ) throws(TokenizationError) -> (WordModel, VocabularyEntries) {
        if object["type"] == "Unigram" {
            guard !preTokenizer.isByteLevel else {
                throw .unsupportedValue(
                    file: file, key: "model.type", found: "\"Unigram\" behind ByteLevel", supported: "\"BPE\" there")
            }
            let (model, entries) = try Unigram.read(object, file: file)
            return (.unigram(model), entries)
        }
        let fields = try BytePairEncoding.fields(object, file: file)
        let entries = try VocabularyEntries(fields)
        let model = try BytePairEncoding(fields, entries: entries, isByteLevel: preTokenizer.isByteLevel)
        return (.pairs(model), entries)
    }

    private static func refuseUnsupported(_ fields: Fields) throws(TokenizationError) {
        if let version = fields["version"], version != .string("1.0") {
            throw fields.unsupported("version", version, supported: "\"1.0\"")
        }
    }

    /// The ids of a text, without special tokens of the post-processor.
    package func encode(_ text: String) -> [UInt32] { encode(utf8: Array(text.utf8)) }

    /// The ids of a text given as valid UTF-8.
    func encode(utf8 text: [UInt8]) -> [UInt32] {
        var tokens: [UInt32] = []
        tokens.reserveCapacity(text.count / 3)
        let encoder = encoders.take()
        added.written.forEachStretch(text.span) { range, token in
            if let token {
                tokens.append(token)
            } else if normalizer.steps.isEmpty {
                append(text.span.extracting(range), range.lowerBound == 0, encoder, &tokens)
            } else {
                let piece = normalizer.normalized(Array(text[range]))
                append(piece.span, range.lowerBound == 0, encoder, &tokens)
            }
        }
        encoders.give(encoder)
        return tokens
    }

    private func append(_ text: Span<UInt8>, _ isFirst: Bool, _ encoder: WordEncoder, _ tokens: inout [UInt32]) {
        guard !added.normalized.isEmpty else {
            return preTokenizer.forEachWord(text, isFirst: isFirst) { encoder.append($0, to: &tokens) }
        }
        added.normalized.forEachStretch(text) { range, token in
            if let token {
                tokens.append(token)
            } else {
                preTokenizer.forEachWord(text.extracting(range), isFirst: isFirst && range.lowerBound == 0) {
                    encoder.append($0, to: &tokens)
                }
            }
        }
    }
}
