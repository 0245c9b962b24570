/// What is wrong with one entry of a tar archive.
package enum TarFault: Error, Equatable {
    case truncated
    case missingEndMark
    case trailingBytes
    case badChecksum
    case badNumber(field: String)
    case badExtendedHeader(reason: String)
    case extendedHeaderTooLarge(byteCount: Int, limit: Int)
    case nameNotUTF8
    case nameTooLong(byteCount: Int, limit: Int)
    case pathTooLong(byteCount: Int, limit: Int)
    case emptyName
    case absolutePath
    case escapesDirectory
    case notAFile(kind: String)
    case tooManyEntries(limit: Int)
    case tooLarge(byteCount: Int, limit: Int)
}

extension TarFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated: "ends in the middle"
        case .missingEndMark: "the archive stops without its two closing blocks of zeros"
        case .trailingBytes: "the archive goes on after its closing blocks of zeros"
        case .badChecksum: "these 512 bytes are no tar header: their checksum does not match"
        case .badNumber(let field): "its \(field) is neither octal nor a base-256 number from 0 to 2^63 - 1"
        case .badExtendedHeader(let reason): "its extended header is malformed: \(reason)"
        case .extendedHeaderTooLarge(let byteCount, let limit):
            "its extended header has \(byteCount) bytes, more than \(limit)"
        case .nameNotUTF8: "its name is not UTF-8"
        case .nameTooLong(let byteCount, let limit):
            "a part of its path has \(byteCount) bytes, more than the \(limit) that a file's name can have"
        case .pathTooLong(let byteCount, let limit):
            "its path has \(byteCount) bytes, more than the \(limit) that a path can have"
        case .emptyName: "it has no name"
        case .absolutePath: "its path is absolute; only paths below the archive's top are unpacked"
        case .escapesDirectory: "its path has '..' in it; only paths below the archive's top are unpacked"
        case .notAFile(let kind): "it is \(kind); only files and directories are unpacked"
        case .tooManyEntries(let limit): "the archive has more than \(limit) entries"
        case .tooLarge(let byteCount, let limit): "it has \(byteCount) bytes, more than the \(limit) allowed"
        }
    }
}
