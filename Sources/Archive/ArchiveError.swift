/// Why an archive cannot be read or unpacked; offsets of compressed files count compressed bytes, offsets in a tar
/// archive count its own, decompressed ones.
package enum ArchiveError: Error, Equatable {
    case cannotRead(file: String, reason: String)
    case cannotWrite(file: String, reason: String)
    case outOfMemory(file: String)

    // Compressed streams.
    case truncated(file: String, offset: Int)
    case corrupt(file: String, offset: Int, reason: String)
    case windowTooLarge(file: String, offset: Int)
    case trailingBytes(file: String, offset: Int)
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
        case .cannotRead(let file, let reason): "cannot read '\(file)': \(reason)"
        case .cannotWrite(let file, let reason): "cannot write '\(file)': \(reason)"
        case .outOfMemory(let file): "no memory left to decompress '\(file)'"
        case .truncated(let file, let offset):
            "'\(file)' ends at byte \(offset) in the middle of its compressed data"
        case .corrupt(let file, let offset, let reason):
            "compressed data of '\(file)' is corrupt at byte \(offset): \(reason)"
        case .windowTooLarge(let file, let offset):
            "frame before byte \(offset) of '\(file)' needs a window above 128 MiB; compress it again without --long"
        case .trailingBytes(let file, let offset):
            "'\(file)' goes on at byte \(offset) after its compressed data with bytes that are none"
        }
    }
}
