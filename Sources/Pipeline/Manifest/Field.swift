package import FoundationEssentials
package import JSON
import System
import Yams

/// One value of a YAML file with the line it stands on, so that whatever is wrong with it can say where.
package struct Field: Sendable {
    /// The key it stands under, `specs[2]` for an element of a list.
    package let key: String
    package let place: ManifestError.Place
    package let value: Value

    package indirect enum Value: Sendable {
        case scalar(JSONValue)
        case list([Field])
        case mapping([Field])
    }
}

extension Field {
    /// Larger than any manifest that a person or a program has reason to write.
    private static let byteLimit = 1 << 24
    /// Values that aliases may add to those of a file, which has no more of its own than bytes.
    private static let aliasedValues = 10_000

    /// Reads a YAML file whole.
    package init(file: URL) throws(ManifestError) {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try readFile(file, limit: Self.byteLimit) } catch {
            throw .unreadable(file: file.path, reason: error.isMissing ? "no such file" : error.reason)
        }
        try self.init(yaml: bytes, file: file.relativePath)
    }

    /// Reads the bytes of a YAML file.
    init(yaml bytes: [UInt8], file: String) throws(ManifestError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(file: file, reason: "not UTF-8 text")
        }
        try self.init(yaml: text, file: file)
    }

    /// Reads YAML text that came from `file`.
    package init(yaml text: String, file: String) throws(ManifestError) {
        if let line = Self.lineWithCompoundKey(text) {
            throw .notYAML(file: file, line: line, reason: "a key is not plain text")
        }
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            let line = (error as? YamlError).map(Self.line(of:)) ?? 1
            throw .notYAML(file: file, line: line, reason: Self.reason(of: error))
        }
        guard let root else { throw .notYAML(file: file, line: 1, reason: "the file is empty") }
        var left = text.utf8.count + Self.aliasedValues
        self = try Self.convert(root, key: "the file", file: file, depth: 0, left: &left)
    }

    /// The first line of a file with aliases where a key is one, or a list or mapping.
    ///
    /// Yams compares keys by all that they hold, which aliases of aliases can make endless.
    private static func lineWithCompoundKey(_ text: String) -> Int? {
        guard text.utf8.contains(UInt8(ascii: "&")), text.utf8.contains(UInt8(ascii: "*")) else { return nil }
        let compound = /(\*[^\s,\[\]{}]+|[\]}])\s*:(\s|$)|(^|[\s,\[{])\?(\s|$)/
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.firstIndex { $0.contains(compound) }.map { $0 + 1 }
    }

    private static func convert(
        _ node: Node, key: String, file: String, depth: Int, left: inout Int
    ) throws(ManifestError) -> Field {
        let place = ManifestError.Place(file: file, line: node.mark?.line ?? 1)
        guard depth < 32 else { throw .invalid(place: place, key: key, reason: "values nest deeper than 32") }
        left -= 1
        guard left >= 0 else {
            throw .invalid(place: place, key: key, reason: "aliases add more than \(aliasedValues) values to the file")
        }
        switch node {
        case .scalar(let scalar):
            let value = PlainScalar.value(of: scalar)
            if let number = value.double, !number.isFinite {
                throw .invalid(place: place, key: key, reason: "\(scalar.string) is not finite")
            }
            return Field(key: key, place: place, value: .scalar(value))
        case .sequence(let sequence):
            var elements: [Field] = []
            for (index, element) in sequence.enumerated() {
                elements.append(
                    try convert(element, key: "\(key)[\(index)]", file: file, depth: depth + 1, left: &left))
            }
            return Field(key: key, place: place, value: .list(elements))
        case .mapping(let mapping):
            var members: [Field] = []
            for (name, value) in mapping {
                guard let name = name.scalar?.string else {
                    throw .invalid(place: place, key: key, reason: "a key is not plain text")
                }
                members.append(try convert(value, key: name, file: file, depth: depth + 1, left: &left))
            }
            return Field(key: key, place: place, value: .mapping(members))
        case .alias:
            throw .invalid(place: place, key: key, reason: "aliases are not resolved here; write the value out")
        }
    }

    private static func line(of error: YamlError) -> Int {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: 1
        }
    }

    private static func reason(of error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): problem
        case .duplicatedKeysInMapping(let keys, _): "key '\(keys.first.map { "\($0)" } ?? "")' stands twice"
        default: "it cannot be read"
        }
    }
}

extension Field {
    /// What the value is, in words.
    package var kind: String {
        switch value {
        case .scalar(.string(let text)): "'\(text)'"
        case .scalar(.null): "empty"
        case .scalar(let value): value.canonicalText
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The members of a mapping by name: all of `required`, none but those and `optional`.
    package func mapping(
        required: [String] = [], optional: [String] = []
    ) throws(ManifestError) -> [String: Field] {
        guard case .mapping(let members) = value else { throw wrong("a mapping") }
        var found: [String: Field] = [:]
        for member in members {
            guard (required + optional).contains(member.key) else {
                throw .unknownKey(place: member.place, key: member.key, allowed: required + optional)
            }
            found[member.key] = member
        }
        for key in required where found[key] == nil { throw .missingKey(place: place, key: key) }
        return found
    }

    /// The members of a mapping whose names are free.
    package func members() throws(ManifestError) -> [Field] {
        guard case .mapping(let members) = value else { throw wrong("a mapping") }
        return members
    }

    /// The elements of a list; a single value counts as a list of one.
    package func list() -> [Field] {
        if case .list(let elements) = value { elements } else { [self] }
    }

    package func string() throws(ManifestError) -> String {
        guard case .scalar(.string(let text)) = value, !text.isEmpty else { throw wrong("text") }
        return text
    }

    package func integer(atLeast minimum: Int) throws(ManifestError) -> Int {
        guard case .scalar(let value) = value, let number = value.int else { throw wrong("a whole number") }
        guard number >= minimum else { throw wrong("a whole number of at least \(minimum)") }
        return number
    }

    package func positive() throws(ManifestError) -> Double {
        guard case .scalar(let value) = value, let number = value.double, number > 0 else {
            throw wrong("a number above zero")
        }
        return number
    }

    /// A share as a number, `0.05`, or in hundredths, `5%`.
    package func share() throws(ManifestError) -> Double {
        guard case .scalar(.string(let text)) = value else { return try positive() }
        guard text.hasSuffix("%"), let hundredths = Double(text.dropLast().filter { $0 != " " }), hundredths > 0,
            hundredths.isFinite
        else { throw wrong("a share above zero such as 5%") }
        return hundredths / 100
    }

    package func flag() throws(ManifestError) -> Bool {
        guard let flag = json.bool else { throw wrong("true or false") }
        return flag
    }

    package func number(atLeast minimum: Double) throws(ManifestError) -> Double {
        guard case .scalar(let value) = value, let number = value.double, number >= minimum else {
            throw wrong("a number of at least \(minimum)")
        }
        return number
    }

    /// Text, or a whole number taken as text.
    package func label() throws(ManifestError) -> String {
        if case .scalar(let value) = value, let number = value.int { return "\(number)" }
        return try string()
    }

    /// One of the words that a type has for its cases.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(ManifestError) -> Choice {
        guard case .scalar(.string(let text)) = value, let choice = Choice(rawValue: text) else {
            throw wrong(Choice.allCases.map(\.rawValue).joined(separator: " or "))
        }
        return choice
    }

    /// The value as JSON, as other modules take it.
    package var json: JSONValue {
        switch value {
        case .scalar(let value): value
        case .list(let elements): .array(elements.map(\.json))
        case .mapping(let members): .object(JSONObject(members.map { .init(key: $0.key, value: $0.json) }))
        }
    }

    private func wrong(_ expected: String) -> ManifestError {
        .wrongType(place: place, key: key, expected: expected, found: kind)
    }

    /// An error about this value that another module found.
    package func invalid(_ reason: String) -> ManifestError { .invalid(place: place, key: key, reason: reason) }
}
