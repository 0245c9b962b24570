package import JSON

/// The tokenizer of a GGUF file, as a `tokenizer.json` would have it.
///
/// | `tokenizer.ggml.model` | becomes |
/// |---|---|
/// | `gpt2` | byte pairs over bytes: the file's merges, cut as `tokenizer.ggml.pre` says (``PreTokenizerName``) |
/// | `llama` | SentencePiece's byte pairs with byte fallback: merges of the pieces by their scores, as transformers makes them |
///
/// Where a file has the `tokenizer.json` itself (`tokenizer.huggingface.json`), that is taken. Other models of tokens are
/// refused by name.
package struct GGUFTokenizer: Sendable {
    private let metadata: GGUFMetadata
    private let tokens: [String]
    private let types: [TokenType]

    private static let modelKey = "tokenizer.ggml.model"
    private static let tokensKey = "tokenizer.ggml.tokens"
    private static let typesKey = "tokenizer.ggml.token_type"

    /// What a token is, by the numbers of llama.cpp.
    enum TokenType: Int, Sendable {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    /// The text of a whole `tokenizer.json` that a file may have.
    package static func embedded(_ metadata: GGUFMetadata) throws(GGUFError) -> String? {
        try metadata.string("tokenizer.huggingface.json")
    }

    package init(_ metadata: GGUFMetadata) throws(GGUFError) {
        self.metadata = metadata
        tokens = try metadata.required(Self.tokensKey, metadata.strings(Self.tokensKey), "the vocabulary")
        let count = tokens.count
        guard let numbers = try metadata.ints(Self.typesKey) else {
            types = Array(repeating: .normal, count: count)
            return
        }
        let types = numbers.map { TokenType(rawValue: $0) ?? .normal }
        guard types.count == count, zip(numbers, types).allSatisfy({ $0 == $1.rawValue || $0 == 0 }) else {
            throw metadata.wrong(Self.typesKey, "a number from 1 to 6 for each of \(count) tokens")
        }
        self.types = types
    }

    /// The tokenizer in JSON.
    package func json() throws(GGUFError) -> JSONObject {
        switch try metadata.required(Self.modelKey, metadata.string(Self.modelKey), "a string") {
        case "gpt2": try bytePairs()
        case "llama": try sentencePiece()
        default: throw metadata.wrong(Self.modelKey, "'gpt2' or 'llama'")
        }
    }

    private func bytePairs() throws(GGUFError) -> JSONObject {
        let name = try PreTokenizerName.of(metadata)
        let mergesKey = "tokenizer.ggml.merges"
        let merges = try metadata.required(mergesKey, metadata.strings(mergesKey), "an array of strings")
        let model: JSONValue = [
            "type": "BPE", "ignore_merges": .bool(name.ignoresMerges), "vocab": .object(vocabulary(tokens)),
            "merges": .array(merges.map(JSONValue.string)),
        ]
        return JSONObject([
            .init(key: "version", value: "1.0"), .init(key: "added_tokens", value: added { _ in true }),
            .init(key: "normalizer", value: name.normalizer), .init(key: "pre_tokenizer", value: name.preTokenizer),
            .init(key: "model", value: model),
        ])
    }

    private func sentencePiece() throws(GGUFError) -> JSONObject {
        let scoresKey = "tokenizer.ggml.scores"
        let scores = try metadata.required(scoresKey, metadata.doubles(scoresKey), "an array of numbers")
        guard scores.count == tokens.count else {
            throw metadata.wrong(scoresKey, "as many as tokens, \(tokens.count)")
        }
        let isGemma = try metadata.string("general.architecture")?.hasPrefix("gemma") ?? false
        // Runs of spaces stand there as such, and their places and not their scores are the order of Gemma's merges.
        let pieces = isGemma ? tokens.map(Self.withMarkedSpaces) : tokens
        let order = isGemma ? pieces.indices.map { -Double($0) } : scores
        let merges = SentencePieceMerges(pieces, scores: order, isUsed: { types[$0] != .unused }).pairs
        let unknown = types.firstIndex(of: .unknown).map { JSONValue.string(tokens[$0]) } ?? .null
        let model: JSONValue = [
            "type": "BPE", "byte_fallback": true, "fuse_unk": true, "unk_token": unknown,
            "vocab": .object(vocabulary(pieces)),
            "merges": .array(merges.map { [.string($0.left), .string($0.right)] }),
        ]
        let space: JSONValue = ["type": "Replace", "pattern": ["String": " "], "content": .string(Self.marker)]
        let prefixes = try metadata.bool("tokenizer.ggml.add_space_prefix") ?? true
        let prefix: JSONValue = ["type": "Prepend", "prepend": .string(Self.marker)]
        return JSONObject([
            .init(key: "version", value: "1.0"),
            .init(key: "added_tokens", value: added { pieces[$0] == tokens[$0] }),
            .init(
                key: "normalizer",
                value: ["type": "Sequence", "normalizers": .array(prefixes ? [prefix, space] : [space])]),
            .init(key: "pre_tokenizer", value: .null), .init(key: "model", value: model),
        ])
    }

    /// What SentencePiece writes for a space.
    static let marker = "\u{2581}"

    private static func withMarkedSpaces(_ token: String) -> String {
        !token.isEmpty && token.utf8.allSatisfy { $0 == 0x20 }
            ? String(repeating: marker, count: token.utf8.count) : token
    }

    private func vocabulary(_ texts: [String]) -> JSONObject {
        JSONObject(
            texts.indices.filter { types[$0] != .unused }.map { .init(key: texts[$0], value: .integer($0)) })
    }

    /// Tokens that are found in a text before it is cut.
    private func added(_ isIncluded: (Int) -> Bool) -> JSONValue {
        .array(
            tokens.indices.filter { [.control, .userDefined].contains(types[$0]) && isIncluded($0) }.map { id in
                [
                    "id": .integer(id), "content": .string(tokens[id]), "single_word": false, "lstrip": false,
                    "rstrip": false, "normalized": false, "special": .bool(types[id] == .control),
                ]
            })
    }
}
