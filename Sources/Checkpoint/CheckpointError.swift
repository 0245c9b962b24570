package import GGUF
package import JSON
package import System

/// Why a checkpoint cannot be read or written; files are named as the caller named them, offsets count bytes from the
/// end of a header as the header itself does.
package enum CheckpointError: SystemFailure, Equatable {
    case system(SystemError)

    // The header of a safetensors file.
    case tooShort(file: String, byteCount: Int)
    /// What Git leaves in the place of a file that Git LFS has not fetched.
    case gitLFSPointer(file: String)
    case headerTooLarge(file: String, byteCount: UInt64, limit: Int)
    case headerTruncated(file: String, expected: Int, found: Int)
    case headerNotObject(file: String, firstByte: UInt8?)
    case malformedHeader(file: String, reason: JSONError)
    case malformedMetadata(file: String, key: String?, found: String)
    case malformedTensor(file: String, tensor: String, field: String?, found: String, expected: String)
    case controlCharacterInName(file: String, tensor: String)
    case duplicateTensor(file: String, tensor: String)
    /// In a file or a directory.
    case tooManyTensors(place: String, limit: Int)
    case unknownType(file: String, tensor: String, found: String)
    case impossibleShape(file: String, tensor: String, shape: [Int], type: ElementType)
    case offsetsReversed(file: String, tensor: String, begin: Int, end: Int)
    case sizeMismatch(
        file: String, tensor: String, bytes: Range<Int>, shape: [Int], type: ElementType, expected: Int)
    case overlap(file: String, tensor: String, begin: Int, other: String, end: Int)
    case hole(file: String, bytes: Range<Int>, before: String)
    case dataTruncated(file: String, expected: Int, found: Int)
    case trailingBytes(file: String, expected: Int, found: Int)

    // A file of torch.save.
    case torch(file: String, PickleFault)

    // A GGUF file.
    case gguf(GGUFError)
    /// A directory of GGUF files of which none is a part of another.
    case severalModels(directory: String, files: [String])

    // The files of a checkpoint and the index of its shards.
    case noWeights(directory: String)
    case compressedWeights(directory: String, found: String)
    case malformedIndex(file: String, reason: String)
    case unsafeShardName(file: String, shard: String)
    case missingShard(file: String, shard: String)
    case misplacedTensor(file: String, tensor: String, shard: String, foundIn: String)
    case unindexedTensor(file: String, tensor: String, shard: String)
    case repeatedTensor(tensor: String, first: String, second: String)

    // What is asked of a checkpoint that was read.
    case malformedConfiguration(file: String, reason: JSONError)
    case configurationNotObject(file: String, found: String)
    case missingKey(file: String, key: String, expected: String)
    case wrongValue(file: String, key: String, found: String, expected: String)
    case missingTensor(directory: String, tensor: String)
    case wrongTensor(directory: String, tensor: String, found: String, expected: String)

    // Writing.
    case unknownTensor(file: String, tensor: String)
    case wrongByteCount(file: String, tensor: String, expected: Int, found: Int)
}

extension CheckpointError {
    /// Whether the data simply ends too early, as it does while somebody is still writing it.
    package var endedEarly: Bool {
        switch self {
        case .tooShort, .headerTruncated, .dataTruncated, .missingShard, .noWeights: true
        case .malformedIndex, .malformedConfiguration: true
        case .torch(_, let fault): fault.endedEarly
        case .gguf(let error): error.endedEarly
        default: false
        }
    }
}
