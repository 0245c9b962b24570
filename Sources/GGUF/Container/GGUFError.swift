package import System

/// Why a GGUF file cannot be read or written; offsets count bytes from the start of the file.
package enum GGUFError: SystemFailure, Equatable {
    case system(SystemError)
    /// The file does not begin with the four bytes `GGUF`.
    case notGGUF(file: String, found: String)
    /// The file's numbers are big-endian.
    case bigEndian(file: String)
    case unsupportedVersion(file: String, version: UInt32)
    /// The file ends before something that its header promises.
    case truncated(file: String, place: String, offset: Int, needed: UInt64, found: Int)
    /// Something is not what the format allows there.
    case malformed(file: String, place: String, found: String, expected: String)
    /// Metadata that what is done with the file needs.
    case missingKey(file: String, key: String, expected: String)
    case wrongValue(file: String, key: String, found: String, expected: String)
    /// A tensor that is another one than the architecture has, or of a type that nothing here decodes.
    case tensor(file: String, tensor: String, found: String, expected: String)
    case missingShard(file: String, shard: String)
    /// What a shard says about its place among the others.
    case misplacedShard(file: String, key: String, found: String, expected: String)
    case wrongByteCount(file: String, tensor: String, expected: Int, found: Int)
}

extension GGUFError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let error): error.description
        case .notGGUF(let file, let found): "'\(file)' begins with \(found) where a GGUF file has 'GGUF'"
        case .bigEndian(let file):
            "'\(file)' is a GGUF file for big-endian machines; gguf_convert_endian.py of llama.cpp turns its bytes round"
        case .unsupportedVersion(let file, let version):
            "'\(file)' is GGUF of version \(version); versions 2 and 3 are read"
        case .truncated(let file, let place, let offset, let needed, let found):
            "\(place) of '\(file)' needs \(needed) bytes from byte \(offset) on, but \(found) are left"
        case .malformed(let file, let place, let found, let expected):
            "\(place) of '\(file)' is \(found) but should be \(expected)"
        case .missingKey(let file, let key, let expected): "'\(file)' lacks '\(key)', which should be \(expected)"
        case .wrongValue(let file, let key, let found, let expected):
            "'\(key)' in '\(file)' is \(found) but should be \(expected)"
        case .tensor(let file, let tensor, let found, let expected):
            "tensor '\(tensor)' of '\(file)' is \(found) but should be \(expected)"
        case .missingShard(let file, let shard): "'\(file)' is one of several, of which '\(shard)' is missing"
        case .misplacedShard(let file, let key, let found, let expected):
            "'\(key)' in shard '\(file)' is \(found) but should be \(expected)"
        case .wrongByteCount(let file, let tensor, let expected, let found):
            "tensor '\(tensor)' of '\(file)' takes \(expected) bytes but \(found) were given"
        }
    }

    /// Whether the file simply ends too early, as it does while somebody is still writing it.
    package var endedEarly: Bool {
        switch self {
        case .truncated, .missingShard: true
        default: false
        }
    }
}
