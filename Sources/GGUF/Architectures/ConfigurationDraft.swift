import JSON

/// A model's `config.json` as it comes together from a GGUF file's metadata; every key of the architecture is to be used.
struct ConfigurationDraft {
    let metadata: GGUFMetadata
    let architecture: String
    /// The names of the file's tensors.
    let tensors: [String: GGUFTensorInfo]
    var json = JSONObject()
    private var used: Set<String> = []

    init(_ metadata: GGUFMetadata, architecture: String, tensors: [String: GGUFTensorInfo]) {
        (self.metadata, self.architecture, self.tensors) = (metadata, architecture, tensors)
    }

    /// The full name of a key of the architecture.
    func key(_ name: String) -> String { "\(architecture).\(name)" }

    /// Whether the first layer has a tensor.
    func has(_ name: String) -> Bool { tensors["blk.0.\(name)"] != nil }

    mutating func pass(_ names: [String]) { used.formUnion(names) }

    mutating func size(_ name: String) throws(GGUFError) -> Int? {
        used.insert(name)
        guard let value = try metadata.int(key(name)) else { return nil }
        guard (0...1 << 40).contains(value) else { throw metadata.wrong(key(name), "a size") }
        return value
    }

    mutating func needed(_ name: String) throws(GGUFError) -> Int {
        let size = try size(name)
        return try metadata.required(key(name), size, "a size")
    }

    mutating func number(_ name: String) throws(GGUFError) -> Double? {
        used.insert(name)
        guard try metadata.double(key(name)) != nil, let value = metadata[key(name)] else { return nil }
        // The shortest decimal that is the number, as configurations have it.
        return value.json.double
    }

    mutating func text(_ name: String) throws(GGUFError) -> String? {
        used.insert(name)
        return try metadata.string(key(name))
    }

    mutating func flag(_ name: String) throws(GGUFError) -> Bool? {
        used.insert(name)
        return try metadata.bool(key(name))
    }

    /// Takes a whole number over under another name, where there is one.
    mutating func copySize(_ name: String, _ setting: String) throws(GGUFError) {
        if let value = try size(name) { json[setting] = .integer(value) }
    }

    /// Takes a number over under another name, where there is one.
    mutating func copyNumber(_ name: String, _ setting: String) throws(GGUFError) {
        if let value = try number(name) { json[setting] = .number(value) }
    }

    /// Refuses a key of the architecture that nothing here has read.
    func checkKeys() throws(GGUFError) {
        let prefix = architecture + "."
        for entry in metadata.entries where entry.key.hasPrefix(prefix) {
            let name = String(entry.key.dropFirst(prefix.count))
            guard !used.contains(name) else { continue }
            throw .wrongValue(
                file: metadata.file, key: entry.key, found: entry.value.quoted,
                expected: "left out, as nothing here knows what it does to a '\(architecture)' model")
        }
    }

    /// The size of a head.
    mutating func headSize() throws(GGUFError) -> Int {
        let (width, heads) = (try needed("embedding_length"), try needed("attention.head_count"))
        guard heads > 0 else { throw metadata.wrong(key("attention.head_count"), "above 0") }
        if let keys = try size("attention.key_length") {
            if let values = try size("attention.value_length"), values != keys {
                throw metadata.wrong(key("attention.value_length"), "\(keys), as 'attention.key_length' is")
            }
            return keys
        }
        guard width.isMultiple(of: heads) else {
            throw metadata.wrong(key("attention.head_count"), "a divisor of the width, \(width)")
        }
        return width / heads
    }

    /// Takes the count of a head's entries that turn: as a share under a key, or all of them.
    mutating func copyRotarySize(_ setting: String?) throws(GGUFError) {
        let headSize = try headSize()
        guard let count = try size("rope.dimension_count") else { return }
        guard count <= headSize, count == headSize || setting != nil, headSize > 0 else {
            throw metadata.wrong(key("rope.dimension_count"), "\(headSize), as a head has")
        }
        guard let setting else { return }
        var share = Double(count) / Double(headSize)
        while Int(share * Double(headSize)) < count { share = share.nextUp }
        json[setting] = .number(share)
    }
}
