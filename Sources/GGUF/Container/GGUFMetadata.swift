package import JSON

/// The metadata of a GGUF file: keys with values, in order.
package struct GGUFMetadata: Sendable, Equatable {
    package let file: String
    package private(set) var entries: [(key: String, value: GGUFValue)] = []
    private var places: [String: Int] = [:]

    package init(file: String) { self.file = file }

    /// Adds a value; false where the key is there already.
    @discardableResult
    package mutating func add(_ key: String, _ value: GGUFValue) -> Bool {
        guard places.updateValue(entries.count, forKey: key) == nil else { return false }
        entries.append((key, value))
        return true
    }

    package subscript(key: String) -> GGUFValue? { places[key].map { entries[$0].value } }

    package static func == (one: Self, other: Self) -> Bool {
        one.file == other.file && one.entries.elementsEqual(other.entries) { $0 == $1 }
    }
}

extension GGUFMetadata {
    /// A size, a count or an id.
    package func int(_ key: String) throws(GGUFError) -> Int? {
        guard let value = self[key] else { return nil }
        guard let int = value.int else { throw wrong(key, "a whole number") }
        return int
    }

    package func double(_ key: String) throws(GGUFError) -> Double? {
        guard let value = self[key] else { return nil }
        guard let number = value.double else { throw wrong(key, "a number") }
        return number
    }

    package func string(_ key: String) throws(GGUFError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.string else { throw wrong(key, "a string") }
        return text
    }

    package func bool(_ key: String) throws(GGUFError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let flag = value.bool else { throw wrong(key, "true or false") }
        return flag
    }

    package func strings(_ key: String) throws(GGUFError) -> [String]? {
        guard let value = self[key] else { return nil }
        let texts = value.array?.compactMap(\.string)
        guard let texts, texts.count == value.array?.count else { throw wrong(key, "an array of strings") }
        return texts
    }

    package func ints(_ key: String) throws(GGUFError) -> [Int]? {
        guard let value = self[key] else { return nil }
        let numbers = value.array?.compactMap(\.int)
        guard let numbers, numbers.count == value.array?.count else { throw wrong(key, "an array of whole numbers") }
        return numbers
    }

    package func doubles(_ key: String) throws(GGUFError) -> [Double]? {
        guard let value = self[key] else { return nil }
        let numbers = value.array?.compactMap(\.double)
        guard let numbers, numbers.count == value.array?.count else { throw wrong(key, "an array of numbers") }
        return numbers
    }

    /// The entries whose keys begin so.
    package func json(_ prefix: String) -> JSONObject {
        JSONObject(entries.filter { $0.key.hasPrefix(prefix) }.map { .init(key: $0.key, value: $0.value.json) })
    }

    /// A value that must be there.
    package func required<Value>(_ key: String, _ value: Value?, _ expected: String) throws(GGUFError) -> Value {
        guard let value else { throw .missingKey(file: file, key: key, expected: expected) }
        return value
    }

    package func wrong(_ key: String, _ expected: String) -> GGUFError {
        .wrongValue(file: file, key: key, found: self[key]?.quoted ?? "missing", expected: expected)
    }
}
