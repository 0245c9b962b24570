import GGUF
import System

extension CheckpointError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let error): error.description
        case .tooShort(let file, let byteCount):
            "'\(file)' has \(byteCount) bytes, but a safetensors file begins with the 8 bytes of its header's length"
        case .gitLFSPointer(let file):
            "'\(file)' is a Git LFS pointer and not the weights; fetch them with 'git lfs pull'"
        case .headerTooLarge(let file, let byteCount, let limit):
            "'\(file)' declares a header of \(byteCount) bytes, more than the \(limit) a safetensors file may have"
        case .headerTruncated(let file, let expected, let found):
            "'\(file)' ends inside its header: \(expected) bytes declared, \(found) there"
        case .headerNotObject(let file, let firstByte):
            "header of '\(file)' begins with \(firstByte.map { "byte 0x" + String($0, radix: 16) } ?? "nothing") "
                + "instead of '{'"
        case .malformedHeader(let file, let reason): "header of '\(file)' is not valid JSON: \(reason)"
        case .malformedMetadata(let file, let key?, let found):
            "'__metadata__' of '\(file)' maps '\(key)' to \(found), but only strings are allowed"
        case .malformedMetadata(let file, nil, let found):
            "'__metadata__' of '\(file)' is \(found) instead of an object of strings"
        case .malformedTensor(let file, let tensor, let field, let found, let expected):
            "\(field.map { "\($0) of " } ?? "")tensor '\(tensor)' in '\(file)' is \(found) but should be \(expected)"
        case .controlCharacterInName(let file, let tensor):
            "tensor \(tensor.debugDescription) in '\(file)' has a control character in its name"
        case .tooManyTensors(let place, let limit): "'\(place)' names more than \(limit) tensors"
        case .duplicateTensor(let file, let tensor): "'\(file)' names tensor '\(tensor)' twice"
        case .unknownType(let file, let tensor, let found):
            "tensor '\(tensor)' in '\(file)' has the unknown type '\(found)'; known are "
                + ElementType.allCases.map(\.rawValue).joined(separator: " ")
        case .impossibleShape(let file, let tensor, let shape, let type):
            "tensor '\(tensor)' in '\(file)' is \(Self.text(shape)) \(type.rawValue), "
                + "which is no whole number of bytes below 2^63"
        case .offsetsReversed(let file, let tensor, let begin, let end):
            "tensor '\(tensor)' in '\(file)' begins at byte \(begin) after its end at \(end)"
        case .sizeMismatch(let file, let tensor, let bytes, let shape, let type, let expected):
            "tensor '\(tensor)' in '\(file)' spans bytes \(bytes) but \(Self.text(shape)) \(type.rawValue) "
                + "needs \(expected)"
        case .overlap(let file, let tensor, let begin, let other, let end):
            "tensor '\(tensor)' in '\(file)' begins at byte \(begin) inside '\(other)', which ends at \(end)"
        case .hole(let file, let bytes, let before):
            "bytes \(bytes) of '\(file)' before tensor '\(before)' belong to no tensor"
        case .dataTruncated(let file, let expected, let found):
            "'\(file)' has \(found) bytes but its header describes \(expected)"
        case .trailingBytes(let file, let expected, let found):
            "'\(file)' goes on after the \(expected) bytes its header describes: it has \(found)"
        case .torch(let file, let fault): "'\(file)': \(fault)"
        case .gguf(let error): error.description
        case .severalModels(let directory, let files):
            "'\(directory)' has several models, \(files.prefix(3).map { "'\($0)'" }.joined(separator: ", "))"
                + "\(files.count > 3 ? " and \(files.count - 3) more" : ""); name one of the files"
        case .noWeights(let directory):
            "'\(directory)' has no weights: neither model.safetensors nor pytorch_model.bin, nor the index of one, nor a "
                + "GGUF file"
        case .compressedWeights(let directory, let found):
            "'\(directory)' has its weights only as '\(found)'; qid-ingest unpacks it"
        case .malformedIndex(let file, let reason): "shard index '\(file)': \(reason)"
        case .unsafeShardName(let file, let shard):
            "shard index '\(file)' names '\(shard)' where the name of a file beside it belongs"
        case .missingShard(let file, let shard): "shard '\(shard)' of the index '\(file)' is missing"
        case .misplacedTensor(let file, let tensor, let shard, let foundIn):
            "index '\(file)' has tensor '\(tensor)' in shard '\(shard)', but it is in '\(foundIn)'"
        case .unindexedTensor(let file, let tensor, let shard):
            "shard '\(shard)' holds tensor '\(tensor)', which the index '\(file)' does not name"
        case .repeatedTensor(let tensor, let first, let second):
            "tensor '\(tensor)' is both in '\(first)' and in '\(second)'"
        case .malformedConfiguration(let file, let reason): "'\(file)' is not valid JSON: \(reason)"
        case .configurationNotObject(let file, let found): "'\(file)' is \(found) instead of an object"
        case .missingKey(let file, let key, let expected): "'\(file)' lacks '\(key)', which should be \(expected)"
        case .wrongValue(let file, let key, let found, let expected):
            "'\(key)' in '\(file)' is \(found) but should be \(expected)"
        case .missingTensor(let directory, let tensor): "checkpoint '\(directory)' has no tensor '\(tensor)'"
        case .wrongTensor(let directory, let tensor, let found, let expected):
            "tensor '\(tensor)' of checkpoint '\(directory)' is \(found) but should be \(expected)"
        case .unknownTensor(let file, let tensor): "'\(file)' was not declared to have a tensor '\(tensor)'"
        case .wrongByteCount(let file, let tensor, let expected, let found):
            "tensor '\(tensor)' of '\(file)' takes \(expected) bytes but \(found) were given"
        }
    }

    private static func text(_ shape: [Int]) -> String {
        shape.isEmpty ? "a scalar" : shape.map(String.init).joined(separator: "x")
    }
}
