package import JSON

/// A model configuration as the family functions read it: checked values under their keys, with the defaults that
/// transformers gives keys that are absent.
///
/// A key that is absent and one that is `null` differ in transformers: the first takes the family's default, the second
/// means "derive it" or "off" where a family knows such a thing, and is refused elsewhere.
package struct FamilySettings: Sendable {
    let json: JSONObject
    /// Whether the checkpoint has a tensor (or the parts of a compressed one) of a module.
    let hasModule: @Sendable (String) -> Bool

    package init(json: JSONObject, hasModule: @escaping @Sendable (String) -> Bool) {
        self.json = json
        self.hasModule = hasModule
    }

    /// Sizes stay far from overflow when they are multiplied.
    static let largestSize = 1 << 28
    static let mostLayers = 1 << 12

    /// A size; any of several keys may hold it, and none of them gives `default`.
    ///
    /// Keys that disagree are refused: which of them transformers takes depends on their order.
    /// Tensors of other shapes than a default gives them are refused when they are bound, by name.
    func size(
        _ keys: String..., default absent: Int, atMost limit: Int = largestSize
    ) throws(LanguageModelError) -> Int {
        let given = keys.filter { json[$0] != nil }
        guard let key = given.first, let value = json[key] else { return absent }
        for other in given.dropFirst() where json[other] != value {
            throw .setting(
                key: other, found: json[other]?.canonicalText ?? "missing",
                expected: "what '\(key)' is, \(value.canonicalText)")
        }
        return try positive(value, key: key, atMost: limit)
    }

    /// A size; absent gives `default`, null gives nil.
    func optionalSize(_ key: String, default absent: Int? = nil) throws(LanguageModelError) -> Int? {
        guard let value = json[key] else { return absent }
        return value == .null ? nil : try positive(value, key: key, atMost: Self.largestSize)
    }

    /// A finite number; absent gives `default`.
    func number(_ key: String, default absent: Double) throws(LanguageModelError) -> Double {
        try Self.given(json, key) ?? absent
    }

    /// A finite number in an object, or nil where it is absent; null is refused.
    static func given(_ object: JSONObject, _ key: String) throws(LanguageModelError) -> Double? {
        guard object[key] != .null else { throw .setting(key: key, found: "null", expected: "a number") }
        return try number(object, key)
    }

    /// A finite number in an object, or nil where it is absent or null.
    static func number(_ object: JSONObject, _ key: String) throws(LanguageModelError) -> Double? {
        guard let value = object[key], value != .null else { return nil }
        guard let number = value.double, number.isFinite else {
            throw .setting(key: key, found: value.canonicalText, expected: "a number")
        }
        return number
    }

    /// A positive number, or nil where it is null, or absent and without a default.
    func positiveNumber(_ key: String, default absent: Double? = nil) throws(LanguageModelError) -> Double? {
        guard let value = json[key] else { return absent }
        if value == .null { return nil }
        guard let number = value.double, number.isFinite, number > 0 else {
            throw .setting(key: key, found: value.canonicalText, expected: "a positive number or null")
        }
        return number
    }

    /// A number that is not negative; absent gives `default`.
    func epsilon(_ key: String, default absent: Double) throws(LanguageModelError) -> Float {
        let value = try number(key, default: absent)
        guard value >= 0 else { throw .setting(key: key, found: "\(value)", expected: "a number that is not negative") }
        return Float(value)
    }

    /// A boolean; absent gives `default`.
    func flag(_ key: String, default absent: Bool) throws(LanguageModelError) -> Bool {
        guard let value = json[key] else { return absent }
        guard let flag = value.bool else {
            throw .setting(key: key, found: value.canonicalText, expected: "true or false")
        }
        return flag
    }

    /// A string; absent gives `default`.
    func text(_ key: String, default absent: String) throws(LanguageModelError) -> String {
        guard let value = json[key] else { return absent }
        guard let text = value.string else {
            throw .setting(key: key, found: value.canonicalText, expected: "a string")
        }
        return text
    }

    /// The activation function under a key.
    func activation(_ key: String, default absent: String) throws(LanguageModelError) -> ActivationFunction {
        let name = try text(key, default: absent)
        guard let function = ActivationFunction(named: name) else {
            throw .unsupported(
                key: key, found: "'\(name)'", supported: ActivationFunction.names.joined(separator: ", "))
        }
        return function
    }

    /// Refuses a flag that asks for something that is not computed here.
    func refuse(_ key: String) throws(LanguageModelError) {
        guard try !flag(key, default: false) else { throw .unsupported(key: key, found: "true", supported: "false") }
    }

    /// The size of a head, where heads must divide the width.
    func headSize(width: Int, widthKey: String, heads: Int, headsKey: String) throws(LanguageModelError) -> Int {
        guard width.isMultiple(of: heads) else {
            throw .setting(key: headsKey, found: "\(heads)", expected: "a divisor of '\(widthKey)', \(width)")
        }
        return width / heads
    }

    /// The prefix of the body's tensors: checkpoints saved without a head leave `root` out.
    func prefix(_ root: String, of module: String) -> String {
        !hasModule(root + module) && hasModule(module) ? "" : root
    }

    /// The modules of embedding and head, and whether the configuration ties them: then one of the two tensors is enough.
    ///
    /// As in transformers, a head that is stored counts even where the configuration ties it.
    func embeddingAndHead(
        embedding: String, heads: [String], tiedByDefault: Bool
    ) throws(LanguageModelError) -> (embedding: String, head: String, tied: Bool) {
        let head = heads.first(where: hasModule)
        guard try flag("tie_word_embeddings", default: tiedByDefault) else {
            return (embedding, head ?? heads[0], false)
        }
        guard let head else { return (embedding, embedding, true) }
        return (hasModule(embedding) ? embedding : head, head, true)
    }

    private func positive(_ value: JSONValue, key: String, atMost limit: Int) throws(LanguageModelError) -> Int {
        guard let size = value.int, (1...limit).contains(size) else {
            throw .setting(key: key, found: value.canonicalText, expected: "an integer from 1 to \(limit)")
        }
        return size
    }
}
