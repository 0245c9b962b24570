import JSON

/// The value that a line of a manifest gives a key, read by what it must be.
struct SpecValue {
    let key: String
    let json: JSONValue

    static let flag = "true or false"
    static let whole = "a whole number"

    func flag() throws(CompressionError) -> Bool {
        guard let flag = json.bool else { throw invalid(Self.flag) }
        return flag
    }

    func whole() throws(CompressionError) -> Int {
        guard let whole = json.int else { throw invalid(Self.whole) }
        return whole
    }

    /// One of a few words, each standing for something.
    func choice<Value>(_ allowed: String, _ find: (String) -> Value?) throws(CompressionError) -> Value {
        guard let word = json.string else { throw invalid(allowed) }
        guard let value = find(word) else { throw .invalidValue(key: key, value: "'\(word)'", allowed: allowed) }
        return value
    }

    func invalid(_ allowed: String) -> CompressionError {
        .invalidValue(key: key, value: json.canonicalText, allowed: allowed)
    }
}

extension Sequence<String> {
    /// `one of a, b, c`.
    var oneOf: String { "one of " + joined(separator: ", ") }

    /// The schema of a word that is one of these.
    var schema: JSONValue { ["enum": .array(map { .string($0) })] }
}
