/// Why a file that torch saved is not read.
package enum PickleFault: Error, Equatable {
    /// The file is neither a zip of a pickle nor torch's older sequence of pickles.
    case notTorch
    case zip(reason: String)
    case truncated(offset: Int)
    case tooLarge(byteCount: Int, limit: Int)
    /// An instruction that no tensor needs.
    case opcode(UInt8, offset: Int)
    /// A function or class that no tensor needs; nothing of it is looked up, let alone run.
    case global(String, offset: Int)
    case malformed(reason: String, offset: Int)
    case bigEndian
    case notAStateDictionary(found: String)
    case storage(key: String, reason: String)
    case tensor(name: String, reason: String)
}

extension PickleFault {
    /// Whether the data may simply end too early, as it does while somebody is still writing it: a zip's directory is its
    /// end.
    var endedEarly: Bool {
        switch self {
        case .truncated, .zip, .notTorch, .storage: true
        default: false
        }
    }
}

extension PickleFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notTorch: "no file of torch.save: it begins neither as a zip nor as torch's older format"
        case .zip(let reason): "not a zip as torch writes it: \(reason)"
        case .truncated(let offset): "its pickle ends in the middle, after byte \(offset)"
        case .tooLarge(let byteCount, let limit): "its pickle has \(byteCount) bytes, more than \(limit)"
        case .opcode(let code, let offset):
            "its pickle has the instruction 0x\(String(code, radix: 16)) at byte \(offset), which no tensor needs"
        case .global(let name, let offset):
            "its pickle asks for '\(name)' at byte \(offset), which no tensor needs; nothing was run. Load it where you "
                + "trust it and save the model with save_pretrained(DIR)"
        case .malformed(let reason, let offset): "its pickle is malformed at byte \(offset): \(reason)"
        case .bigEndian: "it was saved on a big-endian machine; load it there and save it as safetensors"
        case .notAStateDictionary(let found): "it holds \(found) where tensors by their names belong"
        case .storage(let key, let reason): "storage '\(key)': \(reason)"
        case .tensor(let name, let reason): "tensor '\(name)': \(reason)"
        }
    }
}
