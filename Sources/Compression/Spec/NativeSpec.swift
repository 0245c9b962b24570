package import JSON

/// The compression that a checkpoint was trained under, as its archive's manifest declares it: it is evaluated as it is,
/// and its loss goes to laws L(N, D, C).
package struct NativeSpec: Sendable, Hashable {
    /// Bits per weight, 1.58 for ternary ones; nil where weights are not quantized.
    package let bits: Double?
    /// Bits per activation; nil where they are not quantized.
    package let activations: Int?
    package let sparsity: Sparsity?

    static let keys = ["bits", "activations", "sparse"]

    package init(bits: Double?, activations: Int? = nil, sparsity: Sparsity? = nil) {
        self.bits = bits
        self.activations = activations
        self.sparsity = sparsity
    }

    /// Reads a mapping such as `{bits: 1.58, activations: 8}` or `{sparse: 2:4}`.
    package init(json object: JSONObject) throws(CompressionError) {
        for member in object.members where !Self.keys.contains(member.key) {
            throw .unknownKey(member.key, allowed: Self.keys)
        }
        guard !object.members.isEmpty else { throw .missingKey("bits", allowed: "there, or 'activations' or 'sparse'") }
        bits = try object["bits"].map { (value) throws(CompressionError) in
            guard let bits = value.double, bits >= 1, bits <= 16 else {
                throw .invalidValue(key: "bits", value: value.canonicalText, allowed: "from 1 to 16")
            }
            return bits
        }
        activations = try object["activations"].map { (value) throws(CompressionError) in
            guard let bits = value.int, (1...16).contains(bits) else {
                throw .invalidValue(key: "activations", value: value.canonicalText, allowed: "bits from 1 to 16")
            }
            return bits
        }
        sparsity = try object["sparse"].map { (value) throws(CompressionError) in try Sparsity(value) }
    }

    package var json: JSONValue {
        var object = JSONObject()
        object["bits"] = bits.map { .number($0) }
        object["activations"] = activations.map { .integer($0) }
        object["sparse"] = sparsity?.json
        return .object(object)
    }

    /// What a law calls it: `native-w1.58-a8`, `native-2of4-w4`.
    package var scheme: String {
        let parts = [
            "native", sparsity?.description, bits.map { "w" + JSONValue.number($0).canonicalText },
            activations.map { "a\($0)" },
        ]
        return parts.compactMap(\.self).joined(separator: "-")
    }
}
