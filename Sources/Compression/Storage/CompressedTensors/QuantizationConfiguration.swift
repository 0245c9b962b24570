import Checkpoint
import JSON

/// The `quantization_config` of a compressed-tensors checkpoint, as far as it says how weights are stored.
struct QuantizationConfiguration: StorageLayout {
    static let method = "compressed-tensors"

    /// One scheme and the modules it is for.
    struct Scheme: Sendable, Equatable {
        /// Module names, class names such as `Linear`, or `re:` and a regular expression.
        let targets: [String]
        let bits: Int
        let symmetric: Bool
        let format: Format
        /// Rows and columns of the blocks that share a scale, where they are blocks.
        let block: [Int]?
        /// How inputs are quantized, if they are.
        let inputs: InputActivations?
    }

    /// How codes are stored.
    enum Format: String, Sendable, Equatable, CaseIterable {
        case packed = "pack-quantized"
        case integers = "int-quantized"
        case floats = "float-quantized"
        case naive = "naive-quantized"
        case mxfp4 = "mxfp4-pack-quantized"

        static let expected = allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    }

    let schemes: [Scheme]

    /// The object to put into `config.json`, with which transformers and vLLM load the checkpoint.
    ///
    /// `ignored` are linear modules that stay as they are.
    static func json(_ spec: Spec, ignored: [String]) -> JSONObject {
        var weights = JSONObject()
        weights["num_bits"] = .integer(spec.codeBits)
        weights["type"] = "int"
        weights["symmetric"] = .bool(spec.symmetric)
        group(spec.group, in: &weights)
        weights["dynamic"] = false
        if spec.options.actOrder, spec.group != .channel { weights["actorder"] = "group" }
        var config = json(.packed, weights, inputs: spec.options.activations, ignored: ignored)
        // compressed-tensors 0.18 to 0.20 (at least) cannot load packed zero points, their own included, into the
        // modules they prepare; told to dequantize while loading, transformers takes another way, which works.
        if !spec.symmetric { config["dequantize"] = true }
        return config
    }

    /// The object for weights of a floating-point format with scales for groups or rows.
    ///
    /// `scaleType` is the type of scales by its name in torch, where it is not that of the model.
    static func json(
        _ format: Format, bits: Int, _ spec: Spec, scaleType: String? = nil, ignored: [String]
    ) -> JSONObject {
        var weights = JSONObject()
        weights["num_bits"] = .integer(bits)
        weights["type"] = "float"
        weights["symmetric"] = true
        group(spec.group, in: &weights)
        weights["dynamic"] = false
        if let scaleType { weights["scale_dtype"] = .string(scaleType) }
        return json(format, weights, inputs: spec.options.activations, ignored: ignored)
    }

    private static func group(_ group: Spec.Group, in weights: inout JSONObject) {
        switch group {
        case .channel: weights["strategy"] = "channel"
        case .size(let size):
            weights["strategy"] = "group"
            weights["group_size"] = .integer(size)
        }
    }

    private static func json(
        _ format: Format, _ weights: JSONObject, inputs: ActivationQuantization?, ignored: [String]
    ) -> JSONObject {
        var config = JSONObject()
        config["quant_method"] = .string(method)
        config["format"] = .string(format.rawValue)
        config["quantization_status"] = "compressed"
        var group = JSONObject()
        group["targets"] = ["Linear"]
        group["weights"] = .object(weights)
        if let rounding = inputs {
            group["input_activations"] = .object(InputActivations.json(rounding))
            // Unsaid, compressed-tensors would look for unpacked integers.
            group["format"] = .string(format.rawValue)
        }
        config["config_groups"] = ["group_0": .object(group)]
        config["ignore"] = .array(ignored.map { .string($0) })
        return config
    }

    /// Reads the object of a compressed-tensors checkpoint's configuration.
    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        try reading.expect(object["quant_method"], "quantization_config.quant_method", Self.method)
        let format = Format(rawValue: object["format"]?.string ?? "")
        guard let format else {
            throw reading.invalid("quantization_config.format", object["format"], Format.expected)
        }
        let groups = try reading.object(object["config_groups"], "quantization_config.config_groups")
        var schemes: [Scheme] = []
        for member in groups.members {
            schemes.append(
                try reading.scheme(member.value, "quantization_config.config_groups.\(member.key)", format))
        }
        self.schemes = schemes
    }

    /// The first scheme in a word, `compressed-tensors-w4`.
    var scheme: String {
        let numbers = schemes.first.map { [.floats, .mxfp4].contains($0.format) ? "fp\($0.bits)" : "w\($0.bits)" }
        return [Self.method, numbers].compactMap(\.self).joined(separator: "-")
    }

    /// The scheme of a linear module: by its own name first, then by expression, then by class.
    func scheme(for module: String) -> Scheme? {
        guard schemes.count > 1 else { return schemes.first }
        let named = schemes.first { $0.targets.contains(module) }
        let matched = named ?? schemes.first { $0.targets.contains { Self.expression($0, matches: module) } }
        return matched ?? schemes.first { $0.targets.contains("Linear") }
    }

    func inputs(of module: String, common: InputActivations?) -> InputActivations? { scheme(for: module)?.inputs }

    /// Whether `re:…` matches from the start of the name, as Python's `re.match`.
    private static func expression(_ target: String, matches module: String) -> Bool {
        guard target.hasPrefix("re:"), let expression = try? Regex(String(target.dropFirst(3))) else { return false }
        return module.prefixMatch(of: expression) != nil
    }
}

extension ConfigurationReading {
    fileprivate func scheme(
        _ value: JSONValue, _ key: String, _ common: QuantizationConfiguration.Format
    ) throws(CompressionError) -> QuantizationConfiguration.Scheme {
        let group = try object(value, key)
        let weights = try object(group["weights"], key + ".weights")
        let own = group["format"] == nil || group["format"] == .null ? common.rawValue : group["format"]?.string
        guard let format = QuantizationConfiguration.Format(rawValue: own ?? "") else {
            throw invalid(key + ".format", group["format"], QuantizationConfiguration.Format.expected)
        }
        let type = weights["type"] ?? "int"
        let types: [JSONValue] =
            switch format {
            case .packed, .integers: ["int"]
            case .floats, .mxfp4: ["float"]
            case .naive: ["int", "float"]
            }
        guard types.contains(type) else {
            throw invalid(
                key + ".weights.type", type, types.compactMap(\.string).map { "'\($0)'" }.joined(separator: ", "))
        }
        let inputs = try InputActivations(group["input_activations"], key + ".input_activations", self)
        if let outputs = group["output_activations"], outputs != .null {
            throw invalid(key + ".output_activations", outputs, "null: quantized outputs are not evaluated")
        }
        let allowed = format == .packed ? 1...8 : format == .mxfp4 ? 4...4 : 8...8
        guard let bits = weights["num_bits"]?.int, allowed.contains(bits) else {
            throw invalid(
                key + ".weights.num_bits", weights["num_bits"],
                format == .packed
                    ? "a whole number from 1 to 8" : "\(allowed.lowerBound) for the format '\(format.rawValue)'")
        }
        let symmetric = weights["symmetric"] ?? true
        guard let symmetric = symmetric.bool else {
            throw invalid(key + ".weights.symmetric", symmetric, "true or false")
        }
        let targets = group["targets"]?.array?.compactMap(\.string) ?? []
        return QuantizationConfiguration.Scheme(
            targets: targets, bits: bits, symmetric: symmetric, format: format, block: try block(weights, key),
            inputs: inputs)
    }

    /// The rows and columns that share a scale under the strategy `block`.
    private func block(_ weights: JSONObject, _ key: String) throws(CompressionError) -> [Int]? {
        guard weights["strategy"] == "block" else { return nil }
        let sizes = weights["block_structure"]?.array?.compactMap(\.int) ?? []
        guard sizes.count == 2, sizes.allSatisfy({ (1...1 << 30).contains($0) }) else {
            throw invalid(key + ".weights.block_structure", weights["block_structure"], "two sizes above 0")
        }
        return sizes
    }
}
