import Checkpoint
import JSON
import Kernels

/// In whose layout a checkpoint's compressed weights are stored, by `quantization_config`.
///
/// Modules that were not converted have a plain `weight` in each of them, so no list of such modules is needed.
enum StoredForm: Sendable, Equatable {
    case plain
    /// The model itself reads these weights, because their inputs are rounded as well.
    case bitNet
    case compressedTensors(QuantizationConfiguration)
    case gptq(GPTQCheckpoint)
    case awq(AWQCheckpoint)
    case bitsAndBytes
    case own(OwnForm)
    /// In a layout of our own whose values are levels, or that no other tool has.
    case levels(LevelForm)

    init(_ config: ModelConfiguration) throws(CompressionError) {
        guard let value = config.json["quantization_config"], value != .null else {
            self = .plain
            return
        }
        let reading = ConfigurationReading(file: config.file)
        let object = try reading.object(value, "quantization_config")
        switch Self.method(object) {
        case "bitnet": self = .bitNet
        case QuantizationConfiguration.methodName:
            self = .compressedTensors(try QuantizationConfiguration(object, reading))
        case "gptq": self = .gptq(try GPTQCheckpoint(object, reading))
        case "awq": self = .awq(try AWQCheckpoint(object, reading))
        case "bitsandbytes": self = .bitsAndBytes
        case OwnForm.methodName:
            self =
                LevelForm.isNamed(by: object)
                ? .levels(try LevelForm(object, reading)) : .own(try OwnForm(object, reading))
        default:
            throw reading.invalid(
                "quantization_config.quant_method", object["quant_method"],
                "'compressed-tensors', 'gptq', 'awq', 'bitsandbytes', 'bitnet' or 'qid'")
        }
    }

    /// The method's name; bitsandbytes' older configurations have only its flags.
    private static func method(_ object: JSONObject) -> String? {
        if let method = object["quant_method"] { return method.string }
        return object["load_in_4bit"] == true || object["load_in_8bit"] == true ? "bitsandbytes" : nil
    }

    /// What a law calls models that are stored so: `gptq-w4-g128`; nil for plain ones.
    var scheme: String? {
        switch self {
        case .plain: nil
        case .bitNet: "bitnet-w1.58-a8"
        case .compressedTensors(let configuration): configuration.label
        case .gptq(let form): "gptq-w\(form.bits)-" + Self.group(form.groupLength)
        case .awq(let form): "awq-w4-" + Self.group(form.groupLength)
        case .bitsAndBytes: "bitsandbytes"
        case .own(let form): form.scheme
        case .levels(let form): form.scheme
        }
    }

    private static func group(_ length: Int?) -> String {
        (length.map { Spec.Group.size($0) } ?? .channel).description
    }

    /// The weight of a module that is stored in this form; nil for plain ones.
    func matrix(_ module: ModuleTensors) throws(CompressionError) -> (any WeightMatrix)? {
        switch self {
        case .plain, .bitNet: return nil
        case .compressedTensors(let configuration): return try configuration.matrix(module)
        case .gptq(let form): return module["qweight"] == nil ? nil : try form.matrix(module)
        case .awq(let form): return module["qweight"] == nil ? nil : try form.matrix(module)
        case .bitsAndBytes: return try BitsAndBytesModule.matrix(module)
        case .own(let form): return try form.matrix(module)
        case .levels(let form): return try form.matrix(module)
        }
    }
}
