import JSON

/// The pre-tokenizers of tokenizer.json and the steps they become:
///
/// | type | steps |
/// |---|---|
/// | `ByteLevel` | prefix space if `add_prefix_space`; GPT-2's pattern, isolated, if `use_regex`; then bytes |
/// | `Split` | its pattern (text or regular expression) with its behaviour, inverted or not |
/// | `Digits` | numbers, isolated one by one or contiguous |
/// | `Punctuation`, `WhitespaceSplit`, `CharDelimiterSplit` | punctuation with its behaviour; white space or a character, removed |
/// | `Metaspace` | spaces as its replacement, put before the text by `prepend_scheme`; then a split before each of them |
/// | `Sequence` | the steps of its parts, in order |
///
/// After `ByteLevel` (Falcon) the steps that cut see the text in GPT-2's alphabet, where some bytes of letters are numbers.
///
/// Known patterns – Llama 3, Qwen 2, OLMo 2, GPT-4 and their like – are no special cases: all go through `Pattern`.
extension PreTokenizer {
    private static let supported =
        "ByteLevel, Split, Digits, Punctuation, WhitespaceSplit, CharDelimiterSplit, Metaspace and Sequence"
    /// What may come after `ByteLevel`.
    private static let cuts: Set<String> = ["Split", "Digits", "Punctuation", "WhitespaceSplit", "CharDelimiterSplit"]
    private static let stepLimit = 32
    /// The pattern that `ByteLevel` splits by.
    static let gpt2Pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

    /// Reads the `pre_tokenizer` of a tokenizer.json; nil and `null` are none.
    init(_ value: JSONValue?, file: String) throws(TokenizationError) {
        if let value, value != .null { try add(value, file: file, path: "pre_tokenizer") }
    }

    /// Whether a step needs to know where the document begins.
    var asksForBeginnings: Bool {
        steps.contains { if case .metaspace(_, .first, _) = $0 { true } else { false } }
    }

    private mutating func add(_ value: JSONValue, file: String, path: String) throws(TokenizationError) {
        let object = try Fields.object(value, file: file, name: path)
        let type = try Fields.type(of: value, file: file, path: path)
        guard !isByteLevel || Self.cuts.contains(type), steps.count < Self.stepLimit else {
            throw .unsupportedValue(
                file: file, key: path, found: Fields.quote(.string(type)),
                supported:
                    "what cuts after ByteLevel (\(Self.cuts.sorted().joined(separator: ", "))), and \(Self.stepLimit) steps"
            )
        }
        if isByteLevel, !writesBytes {
            steps.append(.byteAlphabet)
            writesBytes = true
        }
        switch type {
        case "Sequence":
            let fields = try Fields(object, file: file, path: path, known: ["type", "pretokenizers"])
            for (index, part) in try fields.array("pretokenizers").enumerated() {
                try add(part, file: file, path: "\(path).pretokenizers[\(index)]")
            }
        case "ByteLevel": try addByteLevel(object, file, path)
        case "Split": try addSplit(object, file, path)
        case "Digits":
            let fields = try Fields(object, file: file, path: path, known: ["type", "individual_digits"])
            let behavior: SplitBehavior = try fields.bool("individual_digits") ? .isolated : .contiguous
            steps.append(.split(.digits, behavior, isInverted: false))
        case "Punctuation":
            let fields = try Fields(object, file: file, path: path, known: ["type", "behavior"])
            steps.append(.split(.punctuation, try Self.behavior(fields, default: .isolated), isInverted: false))
        case "WhitespaceSplit":
            _ = try Fields(object, file: file, path: path, known: ["type"])
            steps.append(.split(.whiteSpace, .removed, isInverted: false))
        case "CharDelimiterSplit":
            let fields = try Fields(object, file: file, path: path, known: ["type", "delimiter"])
            let delimiter = try fields.string("delimiter")
            guard delimiter.unicodeScalars.count == 1 else {
                throw fields.invalid("delimiter", .string(delimiter), expected: "one character")
            }
            steps.append(.split(.literal(Array(delimiter.utf8)), .removed, isInverted: false))
        case "Metaspace": try addMetaspace(object, file, path)
        default:
            throw .unsupportedValue(
                file: file, key: "\(path).type", found: Fields.quote(.string(type)), supported: Self.supported)
        }
    }

    private mutating func addByteLevel(
        _ object: JSONObject, _ file: String, _ path: String
    ) throws(TokenizationError) {
        let fields = try Fields(
            object, file: file, path: path, known: ["type", "add_prefix_space", "trim_offsets", "use_regex"])
        if try fields.bool("add_prefix_space") { steps.append(.prefixSpace) }
        if try fields.bool("use_regex", default: true) {
            do throws(PatternFault) {
                steps.append(.split(.pattern(try Pattern(Self.gpt2Pattern)), .isolated, isInverted: false))
            } catch {
                preconditionFailure("GPT-2's pattern is one that the parser supports")
            }
        }
        isByteLevel = true
    }

    private mutating func addSplit(_ object: JSONObject, _ file: String, _ path: String) throws(TokenizationError) {
        let fields = try Fields(object, file: file, path: path, known: ["type", "pattern", "behavior", "invert"])
        let splitter = try Splitter(fields)
        let behavior = try Self.behavior(fields)
        steps.append(.split(splitter, behavior, isInverted: try fields.bool("invert")))
    }

    private static func behavior(
        _ fields: Fields, default absent: SplitBehavior? = nil
    ) throws(TokenizationError) -> SplitBehavior {
        if fields["behavior"] == nil, let absent { return absent }
        let name = try fields.string("behavior")
        guard let behavior = SplitBehavior(rawValue: name) else {
            let names = SplitBehavior.allCases.map(\.rawValue).joined(separator: ", ")
            throw fields.invalid("behavior", .string(name), expected: "one of \(names)")
        }
        return behavior
    }

    /// Files of earlier versions say `add_prefix_space` where later ones say `prepend_scheme`.
    private mutating func addMetaspace(_ object: JSONObject, _ file: String, _ path: String) throws(TokenizationError) {
        let fields = try Fields(
            object, file: file, path: path,
            known: ["type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split"])
        let replacement = try fields.string("replacement")
        guard replacement.unicodeScalars.count == 1 else {
            throw fields.invalid("replacement", .string(replacement), expected: "one character")
        }
        let name = try fields.optionalString("prepend_scheme") ?? "always"
        guard var scheme = PrependScheme(rawValue: name) else {
            throw fields.invalid("prepend_scheme", .string(name), expected: "first, always or never")
        }
        if try !fields.bool("add_prefix_space", default: true) {
            guard fields["prepend_scheme"] == nil || scheme == .never else {
                throw fields.invalid(
                    "add_prefix_space", .bool(false), expected: "true, as 'prepend_scheme' is '\(name)'")
            }
            scheme = .never
        }
        steps.append(.metaspace(Array(replacement.utf8), scheme, splits: try fields.bool("split", default: true)))
    }
}
