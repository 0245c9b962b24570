import Checkpoint
import JSON

/// Typed access to members of `quantization_config`, with errors that name the file, the key, what was found and what
/// must be there.
struct ConfigurationReading {
    let file: String
    /// The object's key in the file.
    private(set) var section: String

    init(_ config: ModelConfiguration) {
        file = config.quantizationSource.file
        section = config.quantizationSource.key
    }

    /// The same for an object inside the section.
    func inside(_ key: String) -> ConfigurationReading {
        var reading = self
        reading.section += ".\(key)"
        return reading
    }

    func object(_ value: JSONValue?, _ key: String) throws(CompressionError) -> JSONObject {
        guard let object = value?.object else { throw invalid(key, value, "an object") }
        return object
    }

    func expect(_ value: JSONValue?, _ key: String, _ expected: String) throws(CompressionError) {
        guard value?.string == expected else { throw invalid(key, value, "'\(expected)'") }
    }

    /// A whole number that is one of a few.
    func choice(_ object: JSONObject, _ key: String, from allowed: [Int]) throws(CompressionError) -> Int {
        guard let value = object[key]?.int, allowed.contains(value) else {
            throw invalid(full(key), object[key], allowed.map(String.init).joined(separator: ", "))
        }
        return value
    }

    /// A word in whatever capitals that is one of a few.
    func word(
        _ object: JSONObject, _ key: String, from allowed: [String], default: String
    ) throws(CompressionError) -> String {
        guard let value = object[key], value != .null else { return `default` }
        guard let word = value.string?.lowercased(), allowed.contains(word) else {
            throw invalid(full(key), value, allowed.map { "'\($0)'" }.joined(separator: ", "))
        }
        return word
    }

    func flag(_ object: JSONObject, _ key: String, default: Bool) throws(CompressionError) -> Bool {
        guard let value = object[key], value != .null else { return `default` }
        guard let flag = value.bool else { throw invalid(full(key), value, "true or false") }
        return flag
    }

    /// The inputs in a group; nil for all of them, which is −1 in a file.
    func groupLength(_ object: JSONObject, _ key: String) throws(CompressionError) -> Int? {
        guard let length = object[key]?.int, length == -1 || length > 0 else {
            throw invalid(full(key), object[key], "-1 or a whole number above 0")
        }
        return length == -1 ? nil : length
    }

    /// Rows and columns of blocks: `[128, 128]`, or `"128x128"` in older files; nil where there is nothing.
    func blockSize(_ value: JSONValue?, _ key: String) throws(CompressionError) -> [Int]? {
        guard let value, value != .null else { return nil }
        let sizes =
            value.array?.map(\.int)
            ?? value.string?.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        let known = (sizes ?? []).compactMap(\.self)
        guard known.count == 2, sizes?.count == 2, known.allSatisfy({ (1...1 << 30).contains($0) }) else {
            throw invalid(key, value, "two sizes above 0")
        }
        return known
    }

    /// A regular expression that Python would match from the start of a module's name.
    func expression(_ pattern: String, _ key: String) throws(CompressionError) -> ModulePattern {
        guard let expression = ModulePattern(pattern) else {
            throw invalid(key, .string(pattern), "a regular expression")
        }
        return expression
    }

    /// Refuses anything but false, null and what is empty.
    func refuse(_ object: JSONObject, _ key: String, _ expected: String) throws(CompressionError) {
        guard let value = object[key], value != .null, value != false, value != .object(JSONObject()), value != []
        else { return }
        throw invalid(full(key), value, expected)
    }

    func invalid(_ key: String, _ value: JSONValue?, _ expected: String) -> CompressionError {
        let text = value.map(\.canonicalText) ?? "missing"
        return .invalidConfiguration(
            checkpoint: file, key: key, found: text.count > 80 ? text.prefix(80) + "…" : text, expected: expected)
    }

    private func full(_ key: String) -> String { "\(section).\(key)" }
}
