import Checkpoint
import JSON
import Kernels

/// What a configuration says about the inputs of compressed layers: compressed-tensors' `input_activations`.
///
/// Integers of 2 to 8 bits are evaluated, with a scale of each token's own (`dynamic`, `token`) or one for each layer
/// (static, `tensor`), which the tensor `input_scale` holds.
struct InputActivations: Sendable, Equatable {
    let bits: Int
    let symmetric: Bool
    let isDynamic: Bool

    /// The object that says how a spec quantizes inputs.
    static func json(_ rounding: ActivationQuantization) -> JSONObject {
        var object = JSONObject()
        object["num_bits"] = .integer(rounding.bits)
        object["type"] = "int"
        object["symmetric"] = true
        object["strategy"] = .string(rounding.scale.rawValue)
        object["dynamic"] = .bool(rounding.scale == .token)
        return object
    }

    /// Reads the object under a key; nil where there is none.
    init?(_ value: JSONValue?, _ key: String, _ reading: ConfigurationReading) throws(CompressionError) {
        guard let value, value != .null else { return nil }
        let object = try reading.object(value, key)
        if let type = object["type"], type != "int" {
            throw reading.invalid(key + ".type", type, "'int': other quantized inputs are not evaluated")
        }
        guard let bits = (object["num_bits"] ?? 8).int, (2...8).contains(bits) else {
            throw reading.invalid(key + ".num_bits", object["num_bits"], "a whole number from 2 to 8")
        }
        guard let symmetric = (object["symmetric"] ?? true).bool else {
            throw reading.invalid(key + ".symmetric", object["symmetric"], "true or false")
        }
        switch (object["strategy"]?.string, object["dynamic"] ?? false) {
        case ("token", true): isDynamic = true
        case ("tensor", false): isDynamic = false
        default:
            throw reading.invalid(key, value, "the strategy 'token' with dynamic true, or 'tensor' with false")
        }
        self.bits = bits
        self.symmetric = symmetric
    }

    /// What they mean for a module, with the tensors `input_scale` and `input_zero_point` where scales are stored.
    func rounding(_ module: ModuleTensors) throws(CompressionError) -> ActivationQuantizer {
        guard !isDynamic else { return ActivationQuantizer(bits: bits, scale: symmetric ? .token : .asymmetricToken) }
        let tensor = try module.tensor("input_scale")
        guard tensor.info.elementCount == 1 else {
            throw .wrongShape(tensor: tensor.info.name, found: tensor.info.shape, expected: "of 1 elements")
        }
        let type = try ScaleType(of: tensor)
        let scale = TensorBytes(tensor).scale(0, type)
        guard scale.isFinite, scale > 0 else { throw .notFinite(tensor: tensor.info.name, row: 0, column: 0) }
        guard !symmetric else {
            try module.expectZeros("input_zero_point")
            return ActivationQuantizer(bits: bits, scale: .tensor(scale: scale, zero: 0))
        }
        let zeros = try module.tensor("input_zero_point", type: .int8, count: 1)
        let zero = TensorBytes(zeros).number(Int8.self, at: 0)
        return ActivationQuantizer(bits: bits, scale: .tensor(scale: scale, zero: Float(zero)))
    }
}
