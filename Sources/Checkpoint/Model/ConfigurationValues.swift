package import JSON

/// A JSON object of a configuration whose members are read by type, with errors that name file, key and values.
///
/// A key that is absent and one that is `null` are the same, as in transformers. Where several keys are given, the
/// first one present counts: families and versions name one quantity differently (`n_embd`, `hidden_size`).
package protocol ConfigurationValues: Sendable {
    /// The file the object stands in.
    var file: String { get }
    /// The keys that lead to this object, each followed by a dot; empty for the file's outermost object.
    var path: String { get }
    var json: JSONObject { get }
}

extension ConfigurationValues {
    package func contains(_ key: String) -> Bool { member([key]) != nil }

    package func int(_ keys: String...) throws(CheckpointError) -> Int {
        try required(keys, "a whole number", \.int)
    }

    package func optionalInt(_ keys: String...) throws(CheckpointError) -> Int? {
        try optional(keys, "a whole number", \.int)
    }

    /// A size or count, from 1 to 2³¹ − 1, so that products of two never overflow.
    package func count(_ keys: String...) throws(CheckpointError) -> Int {
        try required(keys, "a whole number from 1 to 2147483647", Self.count)
    }

    package func optionalCount(_ keys: String...) throws(CheckpointError) -> Int? {
        try optional(keys, "a whole number from 1 to 2147483647", Self.count)
    }

    package func double(_ keys: String...) throws(CheckpointError) -> Double {
        try required(keys, "a number", \.double)
    }

    package func optionalDouble(_ keys: String...) throws(CheckpointError) -> Double? {
        try optional(keys, "a number", \.double)
    }

    package func bool(_ keys: String...) throws(CheckpointError) -> Bool {
        try required(keys, "true or false", \.bool)
    }

    package func optionalBool(_ keys: String...) throws(CheckpointError) -> Bool? {
        try optional(keys, "true or false", \.bool)
    }

    package func string(_ keys: String...) throws(CheckpointError) -> String {
        try required(keys, "a string", \.string)
    }

    package func optionalString(_ keys: String...) throws(CheckpointError) -> String? {
        try optional(keys, "a string", \.string)
    }

    package func optionalDoubles(_ keys: String...) throws(CheckpointError) -> [Double]? {
        try optional(keys, "an array of numbers") { value in
            guard let elements = value.array else { return nil }
            let numbers = elements.compactMap(\.double)
            return numbers.count == elements.count ? numbers : nil
        }
    }

    package func optionalStrings(_ keys: String...) throws(CheckpointError) -> [String]? {
        try optional(keys, "an array of strings") { value in
            guard let elements = value.array else { return nil }
            let strings = elements.compactMap(\.string)
            return strings.count == elements.count ? strings : nil
        }
    }

    /// The object under a key, to be read the same way.
    package func section(_ keys: String...) throws(CheckpointError) -> ConfigurationSection? {
        guard let (key, _) = member(keys), let json = try optional([key], "an object", \.object) else { return nil }
        return ConfigurationSection(file: file, path: path + key + ".", json: json)
    }

    /// The error for a value that has the right type and still cannot be used.
    package func wrong(_ key: String, expected: String) -> CheckpointError {
        guard let value = json[key] else { return .missingKey(file: file, key: path + key, expected: expected) }
        return .wrongValue(file: file, key: path + key, found: value.canonicalText, expected: expected)
    }

    private static func count(_ value: JSONValue) -> Int? {
        guard let count = value.int, (1...Int(Int32.max)).contains(count) else { return nil }
        return count
    }

    private func member(_ keys: [String]) -> (key: String, value: JSONValue)? {
        for key in keys {
            if let value = json[key], value != .null { return (key, value) }
        }
        return nil
    }

    private func optional<T>(
        _ keys: [String], _ expected: String, _ convert: (JSONValue) -> T?
    ) throws(CheckpointError) -> T? {
        guard let (key, value) = member(keys) else { return nil }
        guard let converted = convert(value) else { throw wrong(key, expected: expected) }
        return converted
    }

    private func required<T>(
        _ keys: [String], _ expected: String, _ convert: (JSONValue) -> T?
    ) throws(CheckpointError) -> T {
        guard let value = try optional(keys, expected, convert) else {
            throw .missingKey(
                file: file, key: path + keys.joined(separator: "' or '" + path), expected: expected)
        }
        return value
    }
}

/// An object inside a configuration, such as `rope_parameters`.
package struct ConfigurationSection: ConfigurationValues {
    package let file: String
    package let path: String
    package let json: JSONObject
}
