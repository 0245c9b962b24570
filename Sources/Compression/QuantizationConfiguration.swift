import Checkpoint
import JSON

/// The `quantization_config` of a compressed-tensors checkpoint, as far as it says how weights are stored.
struct QuantizationConfiguration: Sendable, Equatable {
    static let methodName = "compressed-tensors"
    static let formatName = "pack-quantized"

    /// One scheme and the modules it is for.
    struct Scheme: Sendable, Equatable {
        /// Module names, class names such as `Linear`, or `re:` and a regular expression.
        let targets: [String]
        let bits: Int
        let symmetric: Bool
    }

    let schemes: [Scheme]

    /// The object to put into `config.json`, with which transformers and vLLM load the checkpoint.
    ///
    /// - Parameter ignored: linear modules that stay as they are.
    static func json(_ spec: Spec, ignored: [String]) -> JSONValue {
        var weights = JSONObject()
        weights["num_bits"] = .integer(spec.bits)
        weights["type"] = "int"
        weights["symmetric"] = .bool(spec.symmetric)
        switch spec.group {
        case .channel: weights["strategy"] = "channel"
        case .size(let size):
            weights["strategy"] = "group"
            weights["group_size"] = .integer(size)
        }
        weights["dynamic"] = false
        if spec.actOrder, spec.group != .channel { weights["actorder"] = "group" }
        var config = JSONObject()
        config["quant_method"] = .string(methodName)
        config["format"] = .string(formatName)
        config["quantization_status"] = "compressed"
        config["config_groups"] = ["group_0": ["targets": ["Linear"], "weights": .object(weights)]]
        config["ignore"] = .array(ignored.map { .string($0) })
        // compressed-tensors 0.18 to 0.20 (at least) cannot load packed zero points, their own included, into the
        // modules they prepare; told to dequantize while loading, transformers takes another way, which works.
        if !spec.symmetric { config["dequantize"] = true }
        return .object(config)
    }

    /// Reads the object of a checkpoint's configuration; nil where there is none, and for BitNet's models, whose weights
    /// the model itself reads because their inputs are rounded as well.
    init?(_ config: ModelConfiguration) throws(CompressionError) {
        guard let value = config.json["quantization_config"], value != .null else { return nil }
        let reading = Reading(file: config.file)
        let object = try reading.object(value, "quantization_config")
        if object["quant_method"] == "bitnet" { return nil }
        try reading.expect(object["quant_method"], "quantization_config.quant_method", Self.methodName)
        try reading.expect(object["format"], "quantization_config.format", Self.formatName)
        let groups = try reading.object(object["config_groups"], "quantization_config.config_groups")
        var schemes: [Scheme] = []
        for member in groups.members {
            schemes.append(try reading.scheme(member.value, "quantization_config.config_groups.\(member.key)"))
        }
        self.schemes = schemes
    }

    /// The scheme of a linear module: by its own name first, then by expression, then by class.
    func scheme(for module: String) -> Scheme? {
        guard schemes.count > 1 else { return schemes.first }
        let named = schemes.first { $0.targets.contains(module) }
        let matched = named ?? schemes.first { $0.targets.contains { Self.expression($0, matches: module) } }
        return matched ?? schemes.first { $0.targets.contains("Linear") }
    }

    /// Whether `re:…` matches from the start of the name, as Python's `re.match`.
    private static func expression(_ target: String, matches module: String) -> Bool {
        guard target.hasPrefix("re:"), let expression = try? Regex(String(target.dropFirst(3))) else { return false }
        return module.prefixMatch(of: expression) != nil
    }
}

/// Typed access to members, with errors that name the file, the key, what was found and what must be there.
private struct Reading {
    let file: String

    func scheme(_ value: JSONValue, _ key: String) throws(CompressionError) -> QuantizationConfiguration.Scheme {
        let group = try object(value, key)
        let weights = try object(group["weights"], key + ".weights")
        try expect(weights["type"] ?? "int", key + ".weights.type", "int")
        if let inputs = group["input_activations"], inputs != .null {
            throw invalid(key + ".input_activations", inputs, "null: quantized activations are not evaluated")
        }
        guard let bits = weights["num_bits"]?.int, (1...8).contains(bits) else {
            throw invalid(key + ".weights.num_bits", weights["num_bits"], "a whole number from 1 to 8")
        }
        let symmetric = weights["symmetric"] ?? true
        guard let symmetric = symmetric.bool else {
            throw invalid(key + ".weights.symmetric", symmetric, "true or false")
        }
        let targets = group["targets"]?.array?.compactMap(\.string) ?? []
        return QuantizationConfiguration.Scheme(targets: targets, bits: bits, symmetric: symmetric)
    }

    func object(_ value: JSONValue?, _ key: String) throws(CompressionError) -> JSONObject {
        guard let object = value?.object else { throw invalid(key, value, "an object") }
        return object
    }

    func expect(_ value: JSONValue?, _ key: String, _ expected: String) throws(CompressionError) {
        guard value?.string == expected else { throw invalid(key, value, "'\(expected)'") }
    }

    func invalid(_ key: String, _ value: JSONValue?, _ expected: String) -> CompressionError {
        let text = value.map(\.canonicalText) ?? "missing"
        return .invalidConfiguration(
            checkpoint: file, key: key, found: text.count > 80 ? text.prefix(80) + "…" : text, expected: expected)
    }
}
