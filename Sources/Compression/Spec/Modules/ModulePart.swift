import JSON

/// Some modules of a model that a spec treats otherwise than the rest.
package struct ModulePart: Sendable, Hashable {
    package let selector: ModuleSelector
    /// What becomes of their weights; nil where they stay as they are.
    package let spec: Spec?

    static let unchanged = "none"

    /// The part's value in a spec's canonical form: a spec of its own.
    var canonical: JSONValue { spec?.canonical ?? .string(Self.unchanged) }
}

extension ModulePart {
    /// Reads the parts of a line, which they are exceptions from, in byte order of their selectors: their order says nothing.
    static func read(_ value: JSONValue, of line: JSONObject) throws(CompressionError) -> [ModulePart] {
        let object = try mapping(value)
        guard !object.members.isEmpty else {
            throw SpecKey.modules.refusal("{}", allowed: SpecKey.modules.allowed)
        }
        var parts: [ModulePart] = []
        for member in object.members {
            let selector = try ModuleSelector(member.key)
            do throws(CompressionError) {
                parts.append(ModulePart(selector: selector, spec: try spec(member.value, of: line)))
            } catch { throw .inModules(selector: member.key, error.description) }
        }
        return parts.sorted { $0.selector.text.utf8.lexicographicallyPrecedes($1.selector.text.utf8) }
    }

    /// The spec of a part: one of its own where it names a method or a format, the line's with other values elsewhere.
    private static func spec(_ value: JSONValue, of line: JSONObject) throws(CompressionError) -> Spec? {
        if value.string == unchanged { return nil }
        guard let given = value.object else {
            throw .invalidValue(key: "its value", value: value.canonicalText, allowed: "a mapping of keys, or 'none'")
        }
        var part = try Spec.normalized(given)
        for key in SpecKey.ofWholeModels {
            if let value = part[key.name] {
                throw key.refusal(value.canonicalText, allowed: "left out of a part: it is the line's to say")
            }
        }
        let method = SpecKey.method.name
        if part[method] == nil, part[SpecKey.format.name] == nil {
            let numbers = part[SpecKey.bits.name] == nil ? [] : [SpecKey.format, .levels, .vector]
            var whole = line
            for key in SpecKey.ofWholeModels + numbers { whole[key.name] = nil }
            for member in part.members { whole[member.key] = member.value }
            part = whole
        } else if part[method] == nil {
            part[method] = line[method]
        }
        return try Spec(json: part)
    }

    /// The mapping itself, or a text that spells one: `down_proj:bits=8+group=32;head:none`.
    private static func mapping(_ value: JSONValue) throws(CompressionError) -> JSONObject {
        if let object = value.object { return object }
        guard let text = value.string else { throw SpecKey.modules.refusal(value.canonicalText) }
        var object = JSONObject()
        for part in text.split(separator: ";", omittingEmptySubsequences: false) {
            let halves = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { throw SpecKey.modules.refusal("'\(text)'") }
            let selector = String(halves[0])
            guard object[selector] == nil else { throw .repeatedKey(selector) }
            object[selector] =
                halves[1] == unchanged[...] ? .string(unchanged) : .object(try members(halves[1], of: text))
        }
        return object
    }

    private static func members(_ part: Substring, of text: String) throws(CompressionError) -> JSONObject {
        var members = JSONObject()
        for member in part.split(separator: "+", omittingEmptySubsequences: false) {
            let halves = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2 else { throw SpecKey.modules.refusal("'\(text)'") }
            guard members[String(halves[0])] == nil else { throw .repeatedKey(String(halves[0])) }
            members[String(halves[0])] = JSONValue(option: String(halves[1]))
        }
        return members
    }
}

extension SpecKey {
    /// The modules that are treated otherwise.
    package static let modules: SpecKey = .init(
        "modules",
        summary:
            "Modules with a spec of their own, or 'none' for 16 bits; of two selectors that match one, the one of more parts counts",
        allowed: "a mapping from \(ModuleSelector.allowed), to keys of a spec or 'none'; "
            + "or a text such as 'down_proj:bits=8+group=32;head:none'",
        schema: [
            "oneOf": [
                ["type": "string"],
                [
                    "type": "object", "minProperties": 1,
                    "additionalProperties": ["oneOf": [["const": "none"], ["type": "object", "minProperties": 1]]],
                ],
            ]
        ], isCommon: true,
        read: { (value, draft) throws(CompressionError) in draft.modules = value.json },
        canonical: { spec in
            guard !spec.parts.isEmpty else { return nil }
            return .object(JSONObject(spec.parts.map { .init(key: $0.selector.text, value: $0.canonical) }))
        },
        check: { (spec) throws(CompressionError) in try spec.checkParts() })

    /// Keys that say something of a whole model, which a part has no say in.
    static let ofWholeModels: [SpecKey] = [.modules, .targets, .cache, .rotate]

    /// The error that no value but one of those that are allowed is taken.
    func refusal(_ value: String) -> CompressionError { refusal(value, allowed: allowed) }
}

extension JSONValue {
    /// What an option on the command line says: a number, true or false, or a word.
    init(option text: String) {
        let number: JSONValue? = Int(text).map { .integer($0) } ?? Double(text).map { .number($0) }
        self = number ?? Bool(text).map { .bool($0) } ?? .string(text)
    }
}
