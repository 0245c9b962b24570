import JSON

/// A `tokenizer.json` as a GGUF file's metadata.
struct ExportedTokenizer {
    typealias Entries = [(key: String, value: GGUFValue)]

    private let json: JSONObject
    private let model: JSONObject
    private let file: String
    private let vocabulary: [(text: String, id: Int)]
    private let merges: [(left: String, right: String)]

    init(_ json: JSONObject, file: String) throws(GGUFError) {
        (self.json, self.file) = (json, file)
        let type = json["model"]?.object?["type"]
        guard let model = json["model"]?.object, type == "BPE" || type == nil,
            let members = model["vocab"]?.object?.members
        else {
            throw .wrongValue(
                file: file, key: "model.type", found: type?.canonicalText ?? "missing",
                expected: "\"BPE\", as tokenizers of GGUF files are written")
        }
        self.model = model
        vocabulary = members.compactMap { member in member.value.int.map { (member.key, $0) } }
        merges = try Self.merges(model["merges"]?.array ?? [], file)
    }

    private static func merges(
        _ given: [JSONValue], _ file: String
    ) throws(GGUFError) -> [(left: String, right: String)] {
        var merges: [(left: String, right: String)] = []
        for (index, merge) in given.enumerated() {
            let parts =
                merge.array?.compactMap(\.string)
                ?? merge.string?.split(separator: " ", omittingEmptySubsequences: false).map(String.init) ?? []
            guard parts.count == 2 else {
                throw .wrongValue(
                    file: file, key: "model.merges[\(index)]", found: merge.canonicalText, expected: "two pieces")
            }
            merges.append((parts[0], parts[1]))
        }
        return merges
    }

    /// The entries, for a model of so many embeddings: ids that no token has are unused ones.
    func entries(embeddings: Int, isGemma: Bool) throws(GGUFError) -> Entries {
        var tokens = (0..<embeddings).map { "[PAD\($0)]" }
        var types = [GGUFTokenizer.TokenType](repeating: .unused, count: embeddings)
        func set(_ id: Int, _ text: String, _ type: GGUFTokenizer.TokenType) throws(GGUFError) {
            guard tokens.indices.contains(id) else {
                throw .wrongValue(
                    file: file, key: "model.vocab", found: "the id \(id)",
                    expected: "below \(embeddings), the embeddings")
            }
            (tokens[id], types[id]) = (text, type)
        }
        let unknown = model["unk_token"]?.string
        for (text, id) in vocabulary {
            let isUnknown = isOfPieces && unknown?.utf8.elementsEqual(text.utf8) == true
            try set(id, text, isUnknown ? .unknown : isOfPieces && Self.isByte(text) ? .byte : .normal)
        }
        for token in json["added_tokens"]?.array ?? [] {
            guard let id = token.object?["id"]?.int, let text = token.object?["content"]?.string else { continue }
            guard !tokens.indices.contains(id) || types[id] != .unknown else { continue }
            let isSpecial = token.object?["special"] == true
            // llama.cpp finds such tokens in a text whose spaces are spaces still.
            let isOfSpaces = isGemma && !text.isEmpty && text.allSatisfy { "\($0)" == GGUFTokenizer.marker }
            try set(
                id, isOfSpaces ? String(repeating: " ", count: text.count) : text,
                isSpecial ? .control : .userDefined)
        }
        return try (isOfPieces ? pieces(tokens) : bytePairs()) + [
            ("tokenizer.ggml.tokens", .array(GGUFArray(tokens))),
            ("tokenizer.ggml.token_type", .array(GGUFArray(types.map { Int32($0.rawValue) }))),
        ]
    }

    /// Whether it is one of SentencePiece's, whose pieces have bytes to fall back to.
    private var isOfPieces: Bool { model["byte_fallback"] == true }

    private func bytePairs() throws(GGUFError) -> Entries {
        let name = try PreTokenizerName.of(
            json["pre_tokenizer"] ?? .null, normalizer: json["normalizer"] ?? .null,
            ignoresMerges: model["ignore_merges"] == true, file: file)
        return [
            ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(name)),
            ("tokenizer.ggml.merges", .array(GGUFArray(merges.map { "\($0.left) \($0.right)" }))),
        ]
    }

    /// SentencePiece's scores by the merges that make pieces: the first merge of a piece is its best.
    private func pieces(_ tokens: [String]) -> Entries {
        var ranks: [[UInt8]: Int] = [:]
        for (rank, merge) in merges.enumerated() {
            let piece = Array(merge.left.utf8) + Array(merge.right.utf8)
            if ranks[piece] == nil { ranks[piece] = rank }
        }
        let scores = tokens.map { ranks[Array($0.utf8)].map { -Float($0) } ?? -1_000_000 }
        let normalizer = json["normalizer"]?.canonicalText ?? ""
        let metaspace = json["pre_tokenizer"]?.object
        let scheme = metaspace?["prepend_scheme"]?.string
        let prefixes =
            normalizer.contains("\"Prepend\"")
            || metaspace?["type"] == "Metaspace" && (scheme ?? "always") != "never"
                && metaspace?["add_prefix_space"] != false
        return [
            ("tokenizer.ggml.model", .string("llama")), ("tokenizer.ggml.pre", .string("default")),
            ("tokenizer.ggml.scores", .array(GGUFArray(scores))),
            ("tokenizer.ggml.add_space_prefix", .bool(prefixes)),
        ]
    }

    private static func isByte(_ text: String) -> Bool {
        text.utf8.count == 6 && text.hasPrefix("<0x") && text.hasSuffix(">")
    }

    /// Whether texts get a token in front of them, and one behind, where one says so.
    var additions: (first: Bool, last: Bool) {
        let processors =
            json["post_processor"]?.object?["processors"]?.array ?? json["post_processor"].map { [$0] } ?? []
        let template = processors.compactMap(\.object).first { $0["type"] == "TemplateProcessing" }
        let parts = template?["single"]?.array?.compactMap(\.object) ?? []
        return (parts.first?["SpecialToken"] != nil, parts.last?["SpecialToken"] != nil)
    }
}

extension ExportedMetadata {
    /// Adds what the file says of tokens; of a model without a tokenizer that there are so many.
    mutating func takeTokenizer(
        _ tokenizer: (json: JSONObject, file: String)?, _ settings: ExportSettings
    ) throws(GGUFError) {
        let embeddings = try settings.needed(["vocab_size"])
        add("vocab_size", size: embeddings)
        guard let tokenizer else { return add(whole: "tokenizer.ggml.model", .string("none")) }
        let exported = try ExportedTokenizer(tokenizer.json, file: tokenizer.file)
        for entry in try exported.entries(embeddings: embeddings, isGemma: architecture.hasPrefix("gemma")) {
            add(whole: entry.key, entry.value)
        }
        for (name, key) in [("bos", "bos"), ("eos", "eos"), ("pad", "padding")] {
            let value = settings.json["\(name)_token_id"]
            guard let id = value?.int ?? value?.array?.first?.int, (0..<embeddings).contains(id) else { continue }
            add(whole: "tokenizer.ggml.\(key)_token_id", .uint32(UInt32(id)))
        }
        let additions = exported.additions
        add(whole: "tokenizer.ggml.add_bos_token", .bool(additions.first))
        add(whole: "tokenizer.ggml.add_eos_token", .bool(additions.last))
    }
}

extension PreTokenizerName {
    /// The name of what a `tokenizer.json` has, if it is one.
    static func of(
        _ preTokenizer: JSONValue, normalizer: JSONValue, ignoresMerges: Bool, file: String
    ) throws(GGUFError) -> String {
        let (wanted, form) = (preTokenizer.plain.canonicalText, normalizer.plain.canonicalText)
        let fitting = all.filter {
            $0.preTokenizer.plain.canonicalText == wanted && $0.ignoresMerges == ignoresMerges
        }
        // llama.cpp normalizes nothing: of forms that it has no name for, the one with the same cuts is taken.
        let exact = fitting.first { $0.normalizer.plain.canonicalText == form }
        guard let name = (exact ?? fitting.first)?.names.first else {
            throw .wrongValue(
                file: file, key: "pre_tokenizer", found: String(preTokenizer.canonicalText.prefix(200)),
                expected: "one that 'tokenizer.ggml.pre' has a name for: "
                    + all.map { $0.names[0] }.joined(separator: ", "))
        }
        return name
    }
}

extension JSONValue {
    /// The same steps without what changes no ids, and with what is left out said.
    fileprivate var plain: JSONValue {
        guard var object = object else { return self }
        object["trim_offsets"] = nil
        switch object["type"]?.string {
        case "Sequence":
            let key = object["pretokenizers"] == nil ? "normalizers" : "pretokenizers"
            let steps = (object[key]?.array ?? []).map(\.plain)
            if steps.count == 1 { return steps[0] }
            object[key] = .array(steps)
        case "ByteLevel":
            if object["use_regex"] == nil { object["use_regex"] = true }
            if object["add_prefix_space"] == nil { object["add_prefix_space"] = false }
        default: break
        }
        return .object(object)
    }
}
