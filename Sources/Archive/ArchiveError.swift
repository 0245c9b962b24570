package import System

/// Why an archive cannot be read or unpacked; offsets of compressed files count compressed bytes, offsets in a tar
/// archive count its own, decompressed ones.
package enum ArchiveError: SystemFailure, Equatable {
    case system(SystemError)
    case outOfMemory(file: String)

    // Compressed streams.
    case truncated(file: String, offset: Int)
    case corrupt(file: String, offset: Int, reason: String)
    case windowTooLarge(file: String, offset: Int)
    case trailingBytes(file: String, offset: Int)

    // Tar archives and the checkpoints in them.
    case tar(file: String, entry: String?, offset: Int, fault: TarFault)
    case repeatedEntry(file: String, entry: String)
    case severalCheckpoints(file: String, first: String, second: String)
    case noWeights(file: String)
    case noConfiguration(file: String, folder: String)
    case compressedInside(file: String, entry: String)
    /// A file beside weights is larger than any such file has reason to be.
    case companionTooLarge(file: String, entry: String, byteCount: Int, limit: Int)
    /// Decompressed data is so much more than the compressed that it is none of weights.
    case expandsTooMuch(file: String, byteCount: Int, limit: Int)
    /// More files, or more of them, than may lie beside weights.
    case tooMuchBesideWeights(file: String, files: Int, byteCount: Int)
    /// A blob of a Hugging Face cache is not what its name says.
    case wrongBlob(file: String, expected: String, found: String)
    /// The observer of an unpacking asked for no more.
    case stopped(file: String)
}

extension ArchiveError {
    /// Whether the data simply ends too early, as it does while somebody is still writing it.
    package var endedEarly: Bool {
        switch self {
        case .truncated, .tar(_, _, _, .truncated), .tar(_, _, _, .missingEndMark): true
        default: false
        }
    }
}

extension ArchiveError {
    init(_ fault: StreamFault, file: String, offset: Int) {
        self =
            switch fault {
            case .corrupt(let reason): .corrupt(file: file, offset: offset, reason: reason)
            case .windowTooLarge: .windowTooLarge(file: file, offset: offset)
            case .trailingBytes: .trailingBytes(file: file, offset: offset)
            case .outOfMemory: .outOfMemory(file: file)
            }
    }
}

extension ArchiveError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .system(let error): error.description
        case .outOfMemory(let file): "no memory left to decompress '\(file)'"
        case .truncated(let file, let offset):
            "'\(file)' ends at byte \(offset) in the middle of its compressed data"
        case .corrupt(let file, let offset, let reason):
            "compressed data of '\(file)' is corrupt at byte \(offset): \(reason)"
        case .windowTooLarge(let file, let offset):
            "frame before byte \(offset) of '\(file)' needs a window above 128 MiB; compress it again without --long"
        case .trailingBytes(let file, let offset):
            "'\(file)' has trailing garbage at byte \(offset), after its compressed data"
        case .tar(let file, let entry?, let offset, let fault):
            "entry '\(entry)' before byte \(offset) of tar archive '\(file)': \(fault)"
        case .tar(let file, nil, let offset, let fault): "byte \(offset) of tar archive '\(file)': \(fault)"
        case .repeatedEntry(let file, let entry): "tar archive '\(file)' has two files '\(entry)'"
        case .severalCheckpoints(let file, let first, let second):
            "tar archive '\(file)' has weights in '\(first)' and in '\(second)', but should hold one checkpoint"
        case .noWeights(let file):
            "tar archive '\(file)' has no weights in it: neither safetensors nor pytorch_model.bin"
        case .noConfiguration(let file, let folder):
            "tar archive '\(file)' has no config.json beside the weights in '\(folder)'"
        case .compressedInside(let file, let entry):
            "tar archive '\(file)' holds '\(entry)', compressed once more; compress the archive, not its members"
        case .companionTooLarge(let file, let entry, let byteCount, let limit):
            "'\(entry)' in '\(file)' has \(byteCount) bytes, more than the \(limit) that a file beside weights may have"
        case .expandsTooMuch(let file, let byteCount, let limit):
            "'\(file)' holds at least \(byteCount) bytes, more than the \(limit) that weights of its size come to"
        case .tooMuchBesideWeights(let file, let files, let byteCount):
            "'\(file)' holds more than \(files) files that may lie beside weights, or more than \(byteCount) bytes of them"
        case .wrongBlob(let file, let expected, let found):
            "'\(file)' is a link to the blob \(expected.prefix(12))… of its cache, but its digest is \(found.prefix(12))…; "
                + "download it again"
        case .stopped(let file): "unpacking of '\(file)' was stopped"
        }
    }
}
