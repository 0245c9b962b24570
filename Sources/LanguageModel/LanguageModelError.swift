package import Checkpoint
package import Compression

/// Why a checkpoint cannot be run as a language model, or a run stopped.
package enum LanguageModelError: Error, Equatable {
    /// A configuration value that is understood but not computed here.
    case unsupported(key: String, found: String, supported: String)
    /// A configuration value that is missing, of the wrong kind, or contradicts another one.
    case setting(key: String, found: String, expected: String)
    case missingTensor(String)
    case wrongShape(tensor: String, found: [Int], expected: [Int])
    /// A tensor that the configuration leaves no place for; leaving it out would compute another model.
    case unexpectedTensor(String, because: String)
    case contextTooLong(context: Int, maximum: Int, key: String)
    case tokenOutOfRange(id: Int, position: Int, vocabularySize: Int)
    case memoryBudget(given: Int, needed: Int)
    /// The variants of one run must be the same model but for their weights.
    case differentModel(difference: String)
    /// What a module is given by the calibration text holds infinities or values that are no numbers.
    case inputsNotFinite(module: String)
    case checkpoint(CheckpointError)
    case compression(CompressionError)
    /// The same, and where it happened.
    indirect case inCheckpoint(String, LanguageModelError)
    /// The caller asked to stop.
    case cancelled
}

extension LanguageModelError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsupported(let key, let found, let supported):
            "'\(key)' is \(found), which is not supported; supported: \(supported)"
        case .setting(let key, let found, let expected): "'\(key)' is \(found) but should be \(expected)"
        case .missingTensor(let name): "no tensor '\(name)'"
        case .wrongShape(let tensor, let found, let expected):
            "tensor '\(tensor)' has shape \(Self.shape(found)) but the configuration makes it \(Self.shape(expected))"
        case .unexpectedTensor(let name, let reason): "tensor '\(name)' has no place in the model: \(reason)"
        case .contextTooLong(let context, let maximum, let key):
            "windows of \(context) tokens are longer than the \(maximum) positions of the model ('\(key)')"
        case .tokenOutOfRange(let id, let position, let vocabularySize):
            "token \(id) at position \(position) is outside the vocabulary of \(vocabularySize)"
        case .memoryBudget(let given, let needed):
            "a memory budget of \(given) bytes is too small; one window needs \(needed)"
        case .differentModel(let difference): "not the same model as the baseline: \(difference)"
        case .inputsNotFinite(let module): "the calibration text gives '\(module)' inputs that are not finite"
        case .checkpoint(let error): error.description
        case .compression(let error): error.description
        case .inCheckpoint(let path, let error): "'\(path)': \(error)"
        case .cancelled: "stopped on request"
        }
    }

    private static func shape(_ sizes: [Int]) -> String { sizes.map(String.init).joined(separator: "x") }
}
