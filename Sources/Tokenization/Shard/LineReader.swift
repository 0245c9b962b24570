import Archive
import FoundationEssentials

/// Reads a file line by line, decompressed where it is compressed; memory holds one line and one read's worth more.
struct LineReader: ~Copyable {
    private static let readByteCount = 1 << 18
    private static let lineByteLimit = 1 << 28

    private let path: String
    private var reader: ByteReader
    /// What has been read, of which the lines before `start` have been returned.
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    /// The number of the line last returned, from 1.
    private(set) var number = 0

    init(_ file: URL) throws(TokenizationError) {
        path = file.path
        do throws(ArchiveError) {
            reader = try ByteReader(path: file)
        } catch {
            throw .archive(error)
        }
    }

    /// The next line without its end, or nil after the last.
    mutating func next() throws(TokenizationError) -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0a) {
                defer { start = end + 1 }
                number += 1
                return Array(buffer[start..<end])
            }
            searched = buffer.count - start
            buffer.removeFirst(start)
            start = 0
            if isAtEnd { return rest() }
            guard buffer.count <= Self.lineByteLimit else {
                throw .invalidLine(
                    file: path, line: number + 1, reason: "is longer than \(Self.lineByteLimit) bytes")
            }
            do throws(ArchiveError) {
                isAtEnd = try reader.read(appendingTo: &buffer, atMost: Self.readByteCount) == 0
            } catch {
                throw .archive(error)
            }
        }
    }

    private mutating func rest() -> [UInt8]? {
        guard !buffer.isEmpty else { return nil }
        defer { buffer = [] }
        number += 1
        return buffer
    }
}
