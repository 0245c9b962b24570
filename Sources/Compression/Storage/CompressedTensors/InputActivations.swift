import Checkpoint
import JSON
import Kernels

/// What a configuration says about the inputs of compressed layers: compressed-tensors' `input_activations`.
///
/// | `type`, `num_bits` | `strategy`, `dynamic` |
/// |---|---|
/// | `int`, 2 to 8 | `token`, true: a scale of each token's own; `tensor`, false: `input_scale` holds one for each layer |
/// | `float`, 8 | the same, and `group`, true: a scale for each group of a token's inputs |
/// | `float`, 4 | `tensor_group` of 16, `local`: NVFP4, whose `input_global_scale` is a layer's |
struct InputActivations: Sendable, Equatable {
    let bits: Int
    let symmetric: Bool
    let rule: Rule

    /// What shares a scale, and when it is found.
    enum Rule: Sendable, Equatable {
        case token, tensor
        case float8Token, float8Tensor
        case float8Group(Int)
        case nvfp4
    }

    /// The object that says how a spec quantizes inputs.
    static func json(_ rounding: ActivationQuantization) -> JSONObject {
        var object = JSONObject()
        object["num_bits"] = .integer(rounding.bits)
        if case .integers = rounding.numbers { object["type"] = "int" } else { object["type"] = "float" }
        object["symmetric"] = true
        if rounding.numbers == .nvfp4 {
            object["strategy"] = "tensor_group"
            object["group_size"] = .integer(NVFP4.block)
            object["dynamic"] = "local"
            object["scale_dtype"] = "torch.float8_e4m3fn"
        } else {
            object["strategy"] = .string(rounding.scale.rawValue)
            object["dynamic"] = .bool(rounding.scale == .token)
        }
        return object
    }

    /// Reads the object under a key; nil where there is none.
    init?(_ value: JSONValue?, _ key: String, _ reading: ConfigurationReading) throws(CompressionError) {
        guard let value, value != .null else { return nil }
        let object = try reading.object(value, key)
        let isFloat = object["type"] == "float"
        guard isFloat || object["type"] == nil || object["type"] == "int" else {
            throw reading.invalid(key + ".type", object["type"], "'int' or 'float'")
        }
        guard let bits = (object["num_bits"] ?? 8).int, isFloat ? [4, 8].contains(bits) : (2...8).contains(bits) else {
            throw reading.invalid(
                key + ".num_bits", object["num_bits"], isFloat ? "4 or 8" : "a whole number from 2 to 8")
        }
        guard let symmetric = (object["symmetric"] ?? true).bool, symmetric || !isFloat else {
            throw reading.invalid(key + ".symmetric", object["symmetric"], isFloat ? "true" : "true or false")
        }
        (self.bits, self.symmetric) = (bits, symmetric)
        rule = try Self.rule(object, key, value, reading, isFloat: isFloat, bits: bits)
    }

    private static func rule(
        _ object: JSONObject, _ key: String, _ value: JSONValue, _ reading: ConfigurationReading, isFloat: Bool,
        bits: Int
    ) throws(CompressionError) -> Rule {
        let strategy = object["strategy"]?.string?.lowercased()
        switch (isFloat ? bits : 0, strategy, object["dynamic"] ?? false) {
        case (0, "token", true): return .token
        case (0, "tensor", false): return .tensor
        case (8, "token", true): return .float8Token
        case (8, "tensor", false): return .float8Tensor
        case (8, "group", true) where isPlain(object["scale_dtype"]):
            guard let length = object["group_size"]?.int, length > 0 else {
                throw reading.invalid(key + ".group_size", object["group_size"], "a whole number above 0")
            }
            return .float8Group(length)
        case (4, "tensor_group", "local") where object["group_size"]?.int == NVFP4.block: return .nvfp4
        default:
            throw reading.invalid(
                key, value,
                "the strategy 'token' with dynamic true, or 'tensor' with false; of 8-bit floats also 'group' with true; "
                    + "of 4-bit floats 'tensor_group' of 16 with 'local'")
        }
    }

    /// Whether scales are not rounded.
    private static func isPlain(_ type: JSONValue?) -> Bool { type == nil || type == .null }

    /// What they mean for a module, with the tensors `input_scale` and `input_zero_point` where scales are stored.
    func rounding(_ module: ModuleTensors) throws(CompressionError) -> ActivationQuantizer {
        switch rule {
        case .token: return ActivationQuantizer(bits: bits, scale: symmetric ? .token : .asymmetricToken)
        case .float8Token: return ActivationQuantizer(bits: 8, scale: .float8Token)
        case .float8Group(let length): return ActivationQuantizer(bits: 8, scale: .float8Group(length: length))
        case .nvfp4:
            let tensor = try module.tensor("input_global_scale", type: .float32)
            return ActivationQuantizer(bits: 4, scale: .nvfp4(global: try Self.scale(tensor)))
        case .tensor, .float8Tensor: break
        }
        let tensor = try module.tensor("input_scale")
        let scale = try Self.scale(tensor)
        guard rule == .tensor else { return ActivationQuantizer(bits: 8, scale: .float8Tensor(scale: scale)) }
        guard !symmetric else {
            try module.expectZeros("input_zero_point")
            return ActivationQuantizer(bits: bits, scale: .tensor(scale: scale, zero: 0))
        }
        let zeros = try module.tensor("input_zero_point", type: .int8, count: 1)
        let zero = TensorBytes(zeros).number(Int8.self, at: 0)
        return ActivationQuantizer(bits: bits, scale: .tensor(scale: scale, zero: Float(zero)))
    }

    /// The one scale that a tensor holds.
    private static func scale(_ tensor: Tensor) throws(CompressionError) -> Float {
        guard tensor.info.elementCount == 1 else {
            throw .wrongShape(tensor: tensor.info.name, found: tensor.info.shape, expected: "of 1 elements")
        }
        let scale = TensorBytes(tensor).scale(0, try ScaleType(of: tensor))
        guard scale.isFinite, scale > 0 else { throw .notFinite(tensor: tensor.info.name, row: 0, column: 0) }
        return scale
    }
}
