import JSON

/// A layout of our own, for what no other tool has one; `format` tells them apart.
///
/// | `format` | tensors of a module |
/// |---|---|
/// | `sparse` | `weight` as in `MaskedGeometry` |
/// | `low-rank` | `weight_left` and `weight_right` as there (``LowRankLayout``) |
/// | `levels` | see `CodebookGeometry` |
/// | `mxint8` | `weight` I8, rows × columns; `weight_scale` U8, rows × columns/32 (see `MXMatrix`) |
/// | `float-zero-point` | see `FloatZeroGeometry` |
/// | `mxfp4-pack-quantized`, `mxfp6-pack-quantized`, `mxfp8-quantized`, `nvfp4-pack-quantized` | compressed-tensors' of the same name, for `Conv1D` |
/// | `mixed` | those of other layouts, each module's by its own (``MixedLayout``) |
/// | `float-quantized` | `weight` F8_E5M2, rows × columns; `weight_scale` float, rows × groups |
protocol QidLayout: StorageLayout {}

extension QidLayout {
    static var method: String { "qid" }

    /// The `quantization_config` of a checkpoint, with some members of the layout's own.
    static func configuration(_ members: JSONObject = JSONObject(), ignored: [String]) -> JSONObject {
        var config = JSONObject()
        config["quant_method"] = .string(method)
        config["format"] = format.map { .string($0) }
        for member in members.members { config[member.key] = member.value }
        config["ignore"] = .array(ignored.map { .string($0) })
        return config
    }
}

/// A layout whose values may be codes, as the spec says that made it.
protocol QidCodedLayout: QidLayout {}

extension QidCodedLayout {
    /// The `quantization_config` of a checkpoint made by a spec.
    static func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        configuration(QidCodes.members(spec), ignored: ignored)
    }
}

/// Bits of a code and whether its grid has no zero point, in layouts whose values may be codes.
struct QidCodes: Sendable, Equatable {
    let bits: Int
    let symmetric: Bool

    /// Reads the keys `bits` and `symmetric`; nil where values are stored as they are.
    init?(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        guard object["bits"] != nil else { return nil }
        bits = try reading.choice(object, "bits", from: Array(1...8))
        symmetric = try reading.flag(object, "symmetric", default: true)
    }

    /// The members by which a spec's configuration says how values are stored, and what became of them.
    static func members(_ spec: Spec) -> JSONObject {
        var members = JSONObject()
        if let bits = spec.format.integerBits {
            members["bits"] = .integer(bits)
            members["symmetric"] = .bool(spec.symmetric)
        }
        if let sparsity = spec.options.sparsity { members["sparse"] = sparsity.json }
        if let rank = spec.options.rank { members["rank"] = rank.json }
        return members
    }
}
