import JSON

extension BytePairEncoding {
    private static let knownKeys: Set<String> = [
        "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
        "ignore_merges", "vocab", "merges",
    ]

    /// Reads the `model` of a tokenizer.json; `entries` are what `vocab` says, `isByteLevel` what the pre-tokenizer says.
    init(_ fields: Fields, entries: VocabularyEntries, isByteLevel: Bool) throws(TokenizationError) {
        try Self.refuseUnsupported(fields)
        self.isByteLevel = isByteLevel
        var table = ByteTable(capacity: entries.byText.count)
        for (text, token) in entries.list {
            guard let key = isByteLevel ? ByteAlphabet.bytes(of: text) : Array(text.utf8) else { continue }
            table.insert(key, value: token)
        }
        vocabulary = table
        byteTokens = (UInt8.min...UInt8.max).map { entries.byText[Self.byteTokenName($0)] }
        let byteFallback = try fields.bool("byte_fallback", default: false)
        symbols = Self.symbols(table, isByteLevel, byteFallback, byteTokens)
        asciiTokens = symbols.prefix(0x80).map { if case .token(let token) = $0 { token } else { .max } }
        options = try Self.options(fields, entries, byteFallback: byteFallback, symbols: symbols, isByteLevel)
        let pairs = try Self.mergePairs(fields)
        merges = try Self.mergeTable(pairs, entries, fields.file)
        boundary = isByteLevel ? nil : Self.boundary(pairs, table, entries, byteTokens, options)
    }

    /// Takes the fields of the object called `model`.
    static func fields(_ object: JSONObject, file: String) throws(TokenizationError) -> Fields {
        // Another type has other keys, so it is asked for first.
        if let type = object["type"], type != .null, type != .string("BPE") {
            throw .unsupportedValue(
                file: file, key: "model.type", found: Fields.quote(type), supported: "\"BPE\" and \"Unigram\"")
        }
        return try Fields(object, file: file, path: "model", known: knownKeys)
    }

    private static func refuseUnsupported(_ fields: Fields) throws(TokenizationError) {
        if let dropout = fields["dropout"], dropout.double != 0 {
            throw fields.unsupported("dropout", dropout, supported: "null, because ids must not be random")
        }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard let text = try fields.optionalString(key), !text.isEmpty else { continue }
            throw fields.unsupported(key, .string(text), supported: "null or an empty string")
        }
    }

    static func byteTokenName(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x" + (digits.utf8.count == 1 ? "0" : "") + digits + ">"
    }

    /// A byte of the byte-level form is one character of GPT-2's alphabet; that character's UTF-8 is what falls back.
    private static func symbols(
        _ table: ByteTable, _ isByteLevel: Bool, _ byteFallback: Bool, _ byteTokens: [UInt32?]
    ) -> [InitialSymbol] {
        (UInt8.min...(isByteLevel ? UInt8.max : 0x7f)).map { byte in
            if let token = table[[byte]] { return .token(token) }
            let character = isByteLevel ? Array(String(ByteAlphabet.scalars[Int(byte)]).utf8) : [byte]
            return symbol(character.span, ByteTable(capacity: 0), byteFallback: byteFallback, byteTokens)
        }
    }

    private static func options(
        _ fields: Fields, _ entries: VocabularyEntries, byteFallback: Bool, symbols: [InitialSymbol],
        _ isByteLevel: Bool
    ) throws(TokenizationError) -> Options {
        var options = Options()
        options.byteFallback = byteFallback
        options.fusesUnknown = try fields.bool("fuse_unk", default: false)
        options.ignoresMerges = try fields.bool("ignore_merges", default: false)
        if let name = try fields.optionalString("unk_token") {
            options.unknownToken = entries.byText[name]
            // A byte-level vocabulary that has all bytes never needs it, and some name one that they lack.
            guard options.unknownToken != nil || isByteLevel && !symbols.contains(.unknown) else {
                throw fields.invalid("unk_token", .string(name), expected: "an entry of 'model.vocab'")
            }
        }
        return options
    }

    private static func mergePairs(_ fields: Fields) throws(TokenizationError) -> [(left: String, right: String)] {
        var pairs: [(left: String, right: String)] = []
        for (index, element) in try fields.array("merges").enumerated() {
            var parts: [String] = []
            if let line = element.string {
                // Lists copied from a merges.txt may keep its first line.
                if line.utf8.starts(with: "#version".utf8) { continue }
                parts = line.utf8.split(separator: 0x20, omittingEmptySubsequences: false).map {
                    String(decoding: Array($0), as: UTF8.self)
                }
            } else if let elements = element.array {
                parts = elements.compactMap(\.string)
                if parts.count != elements.count { parts = [] }
            }
            guard parts.count == 2 else {
                throw .invalidValue(
                    file: fields.file, key: "model.merges[\(index)]", found: Fields.quote(element),
                    expected: "two tokens, in an array or with one space between them")
            }
            pairs.append((parts[0], parts[1]))
        }
        return pairs
    }

    private static func mergeTable(
        _ pairs: [(left: String, right: String)], _ entries: VocabularyEntries, _ file: String
    ) throws(TokenizationError) -> MergeTable {
        var table = MergeTable(capacity: pairs.count)
        for (index, pair) in pairs.enumerated() {
            var tokens: [UInt32] = []
            for text in [pair.left, pair.right, pair.left + pair.right] {
                guard let token = entries.byText[text] else {
                    throw .mergeOutsideVocabulary(file: file, index: index, token: text)
                }
                tokens.append(token)
            }
            table.set(tokens[0], tokens[1], MergeTable.Merge(rank: UInt32(index), result: tokens[2]))
        }
        return table
    }

    private static func boundary(
        _ pairs: [(left: String, right: String)], _ table: ByteTable, _ entries: VocabularyEntries,
        _ byteTokens: [UInt32?], _ options: Options
    ) -> WordBoundary? {
        guard !entries.hasSharedNumbers else { return nil }
        var special = Set(byteTokens.compactMap { $0 })
        if let unknown = options.unknownToken { special.insert(unknown) }
        return WordBoundary(
            vocabulary: table, merges: pairs.map { (Array($0.left.utf8), Array($0.right.utf8)) }, special: special)
    }
}

/// The entries of a vocabulary as they are written.
struct VocabularyEntries {
    /// Leaves room for the numbers of added tokens above it.
    private static let largestNumber = Int(Int32.max)

    private(set) var list: [(text: String, token: UInt32)] = []
    private(set) var byText: TextTable
    /// Whether two entries have the same number.
    private(set) var hasSharedNumbers = false
    private var numbers: Set<UInt32> = []
    /// One more than the largest number.
    private(set) var size = 0

    /// Reads `model.vocab`.
    init(_ fields: Fields) throws(TokenizationError) {
        let members = try fields.object("vocab").members
        self.init(capacity: members.count)
        for member in members {
            guard case .integer(let number) = member.value, (0...Self.largestNumber).contains(number) else {
                throw .invalidValue(
                    file: fields.file, key: "model.vocab.\(member.key)", found: Fields.quote(member.value),
                    expected: "an integer from 0 to \(Self.largestNumber)")
            }
            add(member.key, UInt32(number))
        }
    }

    init(capacity: Int) { byText = TextTable(capacity: capacity) }

    mutating func add(_ text: String, _ token: UInt32) {
        list.append((text, token))
        byText.insert(text, token)
        if !numbers.insert(token).inserted { hasSharedNumbers = true }
        size = max(size, Int(token) + 1)
    }
}

/// A table of texts that are the same only if their bytes are.
struct TextTable: Sendable {
    private var table: ByteTable

    init(capacity: Int) { table = ByteTable(capacity: capacity) }

    var count: Int { table.count }

    subscript(text: String) -> UInt32? { table[Array(text.utf8)] }

    mutating func insert(_ text: String, _ token: UInt32) { table.insert(Array(text.utf8), value: token) }
}
