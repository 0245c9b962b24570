import Checkpoint
import JSON
import Kernels

/// Layouts of our own, for what compressed-tensors cannot store: `quant_method` is `qid`, `format` one of these.
///
/// Each module says by its tensors how it is stored; what the tensors leave open stands in the configuration.
///
/// | format | tensors of a module | keys |
/// |---|---|---|
/// | `sparse` | `weight` as in `MaskedGeometry` | `bits` and `symmetric` where values are codes |
/// | `low-rank` | `weight_left` (rows × rank) and `weight_right` (rank × columns) as there; the weight is their product. Modules whose weights share the right factor have none but the first of them by name (`WeightStack`) | the same |
struct OwnForm: Sendable, Equatable {
    static let methodName = "qid"

    enum Format: String, Sendable, Equatable, CaseIterable {
        case sparse
        case lowRank = "low-rank"
    }

    let format: Format
    /// Bits of a code and whether its grid has no zero point; nil where values are stored as they are.
    let codes: Codes?

    struct Codes: Sendable, Equatable {
        let bits: Int
        let symmetric: Bool
    }

    /// The `quantization_config` of a checkpoint made by a spec.
    static func configuration(_ format: Format, _ spec: Spec, ignored: [String]) -> JSONObject {
        var config = JSONObject()
        config["quant_method"] = .string(methodName)
        config["format"] = .string(format.rawValue)
        if case .integer(let bits) = spec.format {
            config["bits"] = .integer(bits)
            config["symmetric"] = .bool(spec.symmetric)
        }
        if let sparsity = spec.options.sparsity { config["sparse"] = sparsity.json }
        if let rank = spec.options.rank { config["rank"] = rank.json }
        config["ignore"] = .array(ignored.map { .string($0) })
        return config
    }

    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        guard let format = Format(rawValue: object["format"]?.string ?? "") else {
            throw reading.invalid(
                "quantization_config.format", object["format"],
                "one of "
                    + (Format.allCases.map(\.rawValue) + LevelForm.names).map { "'\($0)'" }.joined(separator: ", "))
        }
        self.format = format
        guard object["bits"] != nil else {
            codes = nil
            return
        }
        codes = Codes(
            bits: try reading.choice(object, "bits", from: Array(1...8)),
            symmetric: try reading.flag(object, "symmetric", default: true))
    }

    /// What a law calls models that are stored so.
    var scheme: String {
        ["qid", format.rawValue, codes.map { "w\($0.bits)" }].compactMap(\.self).joined(separator: "-")
    }

    /// The weight of a module; nil for a plain one.
    func matrix(_ module: ModuleTensors) throws(CompressionError) -> (any WeightMatrix)? {
        switch format {
        case .sparse: module["weight_shape"] == nil ? nil : try MaskedMatrix(module, "weight", codes)
        case .lowRank: module["weight_left_shape"] == nil ? nil : try product(module)
        }
    }

    /// The product of a module's factors, the right one perhaps stored with another module.
    private func product(_ module: ModuleTensors) throws(CompressionError) -> LowRankMatrix {
        let left = try MaskedMatrix(module, "weight_left", codes)
        var keeper = module
        if module["weight_right_shape"] == nil {
            let modules = module.checkpoint.tensors.keys.compactMap { name in
                name.hasSuffix(".weight_left_shape") ? String(name.dropLast(".weight_left_shape".count)) : nil
            }
            let first = WeightStack.names(with: module.name, among: Set(modules))?.first ?? module.name
            keeper = ModuleTensors(name: first, checkpoint: module.checkpoint)
        }
        let right = try MaskedMatrix(keeper, "weight_right", codes)
        guard right.rows == left.columns else {
            throw .wrongShape(
                tensor: "\(module.name).weight_left", found: [left.rows, left.columns],
                expected: "[\(left.rows), \(right.rows)] for the rank of '\(keeper.name).weight_right'")
        }
        return LowRankMatrix(left: left, right: right)
    }
}
