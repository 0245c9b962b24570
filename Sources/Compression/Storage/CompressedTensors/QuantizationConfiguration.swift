import Checkpoint
import JSON

/// The `quantization_config` of a compressed-tensors checkpoint, as far as it says how weights are stored.
struct QuantizationConfiguration: StorageLayout {
    static let method = "compressed-tensors"

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

    /// The object for weights of a floating-point format.
    ///
    /// `scaleType` is the type of scales by its name in torch, where it is not that of the model; `strategy` says what
    /// shares a scale where that is neither a group nor a row, `block` the rows and columns of blocks.
    static func json(
        _ format: Format, bits: Int, _ spec: Spec, scaleType: String? = nil, strategy: String? = nil,
        block: [Int]? = nil,
        ignored: [String]
    ) -> JSONObject {
        var weights = JSONObject()
        weights["num_bits"] = .integer(bits)
        weights["type"] = "float"
        weights["symmetric"] = true
        group(spec.group, in: &weights)
        if let strategy { weights["strategy"] = .string(strategy) }
        if let block {
            weights["group_size"] = nil
            weights["block_structure"] = .array(block.map { .integer($0) })
        }
        weights["dynamic"] = false
        if let scaleType { weights["scale_dtype"] = .string(scaleType) }
        var config = json(format, weights, inputs: spec.options.activations, ignored: ignored)
        // compressed-tensors 0.20 dequantizes blocks of floats to bfloat16, whatever the model's type, and fails where that
        // is another one; told to dequantize while loading, transformers has the model's own, but rounds no inputs.
        if format.isOfBlocks, spec.options.activations == nil { config["dequantize"] = true }
        return config
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

    /// The object for modules that are stored in several ways, each of which has an object that would be theirs alone; nil
    /// where some are not compressed-tensors'.
    ///
    /// Dequantizing while loading, transformers takes one group's way for all modules. So several groups do not ask for it:
    /// then it refuses packed zero points, which others read, and `Conv1D`, which needs it, is stored in a layout of our own.
    static func mixed(
        _ parts: [(modules: [String], configuration: JSONObject)], ignored: [String]
    ) -> JSONObject? {
        var groups = JSONObject()
        var formats: [JSONValue] = []
        for (modules, configuration) in parts {
            guard configuration["quant_method"]?.string == method, let format = configuration["format"],
                let usual = configuration["config_groups"]?.object?.members.first?.value.object,
                parts.count == 1 || usual["targets"] == ["Linear"]
            else { return nil }
            var group = usual
            group["targets"] = .array(modules.map { .string($0) })
            group["format"] = format
            groups["group_\(groups.count)"] = .object(group)
            if !formats.contains(format) { formats.append(format) }
        }
        var config = JSONObject()
        config["quant_method"] = .string(method)
        config["format"] = formats.count == 1 ? formats[0] : .string(mixed)
        config["quantization_status"] = "compressed"
        config["config_groups"] = .object(groups)
        config["ignore"] = .array(ignored.map { .string($0) })
        if parts.count == 1 { config["dequantize"] = parts[0].configuration["dequantize"] }
        return config
    }

    /// Reads the object of a compressed-tensors checkpoint's configuration.
    init(_ object: JSONObject, _ reading: ConfigurationReading) throws(CompressionError) {
        try reading.expect(object["quant_method"], "\(reading.section).quant_method", Self.method)
        let format = object["format"]?.string
        guard let format, format == Self.mixed || Format(rawValue: format) != nil else {
            throw reading.invalid("\(reading.section).format", object["format"], "\(Format.expected), '\(Self.mixed)'")
        }
        try reading.refuse(object, "transform_config", "empty: weights and inputs that are transformed are not read")
        if let sparsity = object["sparsity_config"]?.object, sparsity["format"] != "dense" {
            try reading.refuse(object, "sparsity_config", "empty, or of the format 'dense'")
        }
        let groups = try reading.object(object["config_groups"], "\(reading.section).config_groups")
        var schemes: [Scheme] = []
        for member in groups.members {
            schemes.append(
                try reading.scheme(
                    member.value, "\(reading.section).config_groups.\(member.key)", Format(rawValue: format)))
        }
        self.schemes = schemes
    }

    /// The schemes' numbers in words, `compressed-tensors-w4` or, of several, `compressed-tensors-w4-fp8`.
    var scheme: String {
        var words = [Self.method]
        for scheme in schemes where !words.contains(scheme.numbers) { words.append(scheme.numbers) }
        return words.joined(separator: "-")
    }

    /// The scheme of a linear module, as compressed-tensors chooses it: by its own name first, then by expression, then
    /// by its class; among expressions by the order of their letters.
    ///
    /// A scheme that is alone is that of every weight that is stored so.
    func scheme(for module: String) -> Scheme? {
        guard schemes.count > 1 else { return schemes.first }
        if let named = schemes.last(where: { $0.targets.contains(.name(module)) }) { return named }
        let patterns = schemes.reversed().flatMap { scheme in
            scheme.targets.compactMap { target in target.pattern.map { (pattern: $0, scheme: scheme) } }
        }.sorted { $0.pattern.text.unicodeScalars.lexicographicallyPrecedes($1.pattern.text.unicodeScalars) }
        if let matched = patterns.first(where: { $0.pattern.matches(module) }) { return matched.scheme }
        return schemes.last { $0.targets.contains { $0.isClassOfMatrices } }
    }

    func inputs(of module: String, common: InputActivations?) -> InputActivations? { scheme(for: module)?.inputs }
}
