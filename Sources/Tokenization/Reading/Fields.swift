import JSON

/// One object of tokenizer.json with its place in the file, so that every complaint names the key and the value.
struct Fields {
    let file: String
    /// The object's place, empty for the whole file.
    let path: String
    private let members: [String: JSONValue]

    /// Takes an object whose keys must all be among those known.
    init(_ object: JSONObject, file: String, path: String, known: Set<String>) throws(TokenizationError) {
        self.file = file
        self.path = path
        var members: [String: JSONValue] = [:]
        for member in object.members {
            guard known.contains(member.key) else {
                throw .unknownKey(file: file, key: path.isEmpty ? member.key : "\(path).\(member.key)")
            }
            members[member.key] = member.value
        }
        self.members = members
    }

    /// The full name of a key of this object.
    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The value under a key; `null` counts as absent.
    subscript(key: String) -> JSONValue? { members[key].flatMap { $0 == .null ? nil : $0 } }

    func required(_ key: String) throws(TokenizationError) -> JSONValue {
        guard let value = members[key] else { throw .missingKey(file: file, key: name(key)) }
        return value
    }

    func string(_ key: String) throws(TokenizationError) -> String {
        let value = try required(key)
        guard let text = value.string else { throw invalid(key, value, expected: "a string") }
        return text
    }

    func optionalString(_ key: String) throws(TokenizationError) -> String? {
        self[key] == nil ? nil : try string(key)
    }

    func bool(_ key: String) throws(TokenizationError) -> Bool {
        let value = try required(key)
        guard let flag = value.bool else { throw invalid(key, value, expected: "true or false") }
        return flag
    }

    func bool(_ key: String, default fallback: Bool) throws(TokenizationError) -> Bool {
        self[key] == nil ? fallback : try bool(key)
    }

    func array(_ key: String) throws(TokenizationError) -> [JSONValue] {
        let value = try required(key)
        guard let elements = value.array else { throw invalid(key, value, expected: "an array") }
        return elements
    }

    func object(_ key: String) throws(TokenizationError) -> JSONObject {
        try Self.object(try required(key), file: file, name: name(key))
    }

    static func object(_ value: JSONValue, file: String, name: String) throws(TokenizationError) -> JSONObject {
        guard let object = value.object else {
            throw .invalidValue(file: file, key: name, found: quote(value), expected: "an object")
        }
        return object
    }

    /// What an object says that it is, under `type`.
    static func type(of value: JSONValue, file: String, path: String) throws(TokenizationError) -> String {
        guard let type = try object(value, file: file, name: path)["type"] else {
            throw .missingKey(file: file, key: "\(path).type")
        }
        guard let name = type.string else {
            throw .invalidValue(file: file, key: "\(path).type", found: quote(type), expected: "a string")
        }
        return name
    }

    func invalid(_ key: String, _ value: JSONValue, expected: String) -> TokenizationError {
        .invalidValue(file: file, key: name(key), found: Self.quote(value), expected: expected)
    }

    func unsupported(_ key: String, _ value: JSONValue, supported: String) -> TokenizationError {
        .unsupportedValue(file: file, key: name(key), found: Self.quote(value), supported: supported)
    }

    /// A value as a message quotes it: whole if it is short.
    static func quote(_ value: JSONValue) -> String {
        switch value {
        case .array, .object: value.kind
        default: String(value.canonicalText.prefix(80))
        }
    }
}
