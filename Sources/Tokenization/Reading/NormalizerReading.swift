import JSON

extension Normalizer {
    private static let supported = "NFC, NFD, NFKC, NFKD, Lowercase, Strip, Prepend, Replace and Sequence"
    private static let stepLimit = 32

    /// Reads the `normalizer` of a tokenizer.json; nil and `null` are none.
    init(_ value: JSONValue?, file: String) throws(TokenizationError) {
        if let value, value != .null { try add(value, file: file, path: "normalizer") }
    }

    /// Whether the first character of every text keeps its place, so that a later step can tell where a text begins.
    var keepsBeginnings: Bool {
        steps.allSatisfy { step in
            switch step {
            case .form, .lowercase, .prepend: true
            case .strip(let left, _): !left
            case .replace(.literal(let bytes), let content): bytes.count == 1 && !content.isEmpty
            case .replace: false
            }
        }
    }

    private mutating func add(_ value: JSONValue, file: String, path: String) throws(TokenizationError) {
        let object = try Fields.object(value, file: file, name: path)
        let type = try Fields.type(of: value, file: file, path: path)
        switch type {
        case "Sequence":
            let fields = try Fields(object, file: file, path: path, known: ["type", "normalizers"])
            for (index, part) in try fields.array("normalizers").enumerated() {
                try add(part, file: file, path: "\(path).normalizers[\(index)]")
            }
        case "NFC", "NFD", "NFKC", "NFKD":
            _ = try Fields(object, file: file, path: path, known: ["type"])
            if let form = NormalizationForm(rawValue: type) { steps.append(.form(form)) }
        case "Lowercase":
            _ = try Fields(object, file: file, path: path, known: ["type"])
            steps.append(.lowercase)
        case "Strip":
            let fields = try Fields(object, file: file, path: path, known: ["type", "strip_left", "strip_right"])
            steps.append(.strip(left: try fields.bool("strip_left"), right: try fields.bool("strip_right")))
        case "Prepend":
            let fields = try Fields(object, file: file, path: path, known: ["type", "prepend"])
            steps.append(.prepend(Array(try fields.string("prepend").utf8)))
        case "Replace":
            let fields = try Fields(object, file: file, path: path, known: ["type", "pattern", "content"])
            steps.append(.replace(try Splitter(fields), Array(try fields.string("content").utf8)))
        default:
            throw .unsupportedValue(
                file: file, key: "\(path).type", found: Fields.quote(.string(type)), supported: Self.supported)
        }
        guard steps.count <= Self.stepLimit else {
            throw .unsupportedValue(
                file: file, key: path, found: "the \(steps.count)th step", supported: "\(Self.stepLimit) steps")
        }
    }
}

extension Splitter {
    /// Reads the `pattern` of an object: `{"String": …}` or `{"Regex": …}`.
    init(_ fields: Fields) throws(TokenizationError) {
        let path = fields.name("pattern")
        let object = try fields.object("pattern")
        let pattern = try Fields(object, file: fields.file, path: path, known: ["String", "Regex"])
        guard object.count == 1 else {
            throw fields.invalid("pattern", .object(object), expected: "one of 'String' and 'Regex'")
        }
        if pattern["String"] != nil {
            let text = try pattern.string("String")
            guard !text.isEmpty else {
                throw pattern.unsupported("String", .string(text), supported: "a text that is not empty")
            }
            self = .literal(Array(text.utf8))
            return
        }
        let text = try pattern.string("Regex")
        do throws(PatternFault) {
            self = .pattern(try Pattern(text))
        } catch {
            throw .unsupportedPattern(
                file: fields.file, key: pattern.name("Regex"), pattern: text, offset: error.offset, reason: error.reason
            )
        }
    }
}
