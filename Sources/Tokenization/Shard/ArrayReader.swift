import Archive
import FoundationEssentials

/// Reads the first ids of a `.npy` file: all of them, or as many as are wanted.
func readArray(_ file: URL, limit: Int) throws(TokenizationError) -> [UInt32] {
    var reader: ByteReader
    do throws(ArchiveError) {
        reader = try ByteReader(path: file)
    } catch {
        throw .archive(error)
    }
    var buffer: [UInt8] = []
    let header: ArrayHeader
    do throws(ArrayFault) {
        header = try readHeader(&reader, &buffer)
    } catch {
        throw .invalidArray(file: file.path, reason: error.reason)
    }
    var array = ArrayReader(path: file.path, reader: reader, header: header, buffer: buffer)
    return try array.tokens(limit: limit)
}

/// Reads a file's header, and leaves in the buffer what was read beyond it.
private func readHeader(_ reader: inout ByteReader, _ buffer: inout [UInt8]) throws(ArrayFault) -> ArrayHeader {
    do throws(ArchiveError) {
        try reader.read(into: &buffer, until: 12)
    } catch {
        throw ArrayFault(reason: "\(error)")
    }
    let (head, dictionary) = try ArrayHeader.lengths(buffer)
    do throws(ArchiveError) {
        try reader.read(into: &buffer, until: head + dictionary)
    } catch {
        throw ArrayFault(reason: "\(error)")
    }
    guard buffer.count >= head + dictionary else { throw ArrayFault(reason: "it ends inside its header") }
    let header = try ArrayHeader(dictionary: Array(buffer[head..<head + dictionary]))
    buffer.removeFirst(head + dictionary)
    return header
}

private struct ArrayReader: ~Copyable {
    private static let readByteCount = 1 << 18

    private let path: String
    private var reader: ByteReader
    private let header: ArrayHeader
    /// What has been read and is not yet taken.
    private var buffer: [UInt8] = []

    init(path: String, reader: consuming ByteReader, header: ArrayHeader, buffer: [UInt8]) {
        self.path = path
        self.reader = reader
        self.header = header
        self.buffer = buffer
    }

    mutating func tokens(limit: Int) throws(TokenizationError) -> [UInt32] {
        let wanted = min(limit, header.count)
        var tokens: [UInt32] = []
        while tokens.count < wanted {
            let isAtEnd = try fill()
            let count = min(buffer.count / header.element.byteCount, wanted - tokens.count)
            try take(count, into: &tokens)
            if isAtEnd, tokens.count < wanted {
                throw .invalidArray(
                    file: path, reason: "its shape says \(header.count) elements, but it ends after \(tokens.count)")
            }
        }
        if wanted == header.count { try expectEnd() }
        return tokens
    }

    /// Reads on; true at the end of the file.
    private mutating func fill() throws(TokenizationError) -> Bool {
        do throws(ArchiveError) {
            return try reader.read(appendingTo: &buffer, atMost: Self.readByteCount) == 0
        } catch {
            throw .archive(error)
        }
    }

    private mutating func expectEnd() throws(TokenizationError) {
        if buffer.isEmpty {
            if try fill() { return }
        }
        throw .invalidArray(file: path, reason: "its shape says \(header.count) elements, but more follow")
    }

    private mutating func take(_ count: Int, into tokens: inout [UInt32]) throws(TokenizationError) {
        let size = header.element.byteCount
        for index in 0..<count {
            var bits: UInt64 = 0
            for byte in (0..<size).reversed() { bits = bits << 8 | UInt64(buffer[index * size + byte]) }
            let value: Int64 =
                switch header.element {
                case .uint16, .uint32: Int64(bits)
                case .int32: Int64(Int32(truncatingIfNeeded: bits))
                case .int64: Int64(bitPattern: bits)
                }
            guard let token = UInt32(exactly: value) else {
                throw .invalidToken(file: path, index: tokens.count, value: value)
            }
            tokens.append(token)
        }
        buffer.removeFirst(count * size)
    }
}
