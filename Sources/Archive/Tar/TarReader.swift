package import FoundationEssentials

/// One file or directory of a tar archive.
package struct TarEntry: Sendable, Equatable {
    /// The path below the archive's top, without `.` components or slashes at its ends.
    package let path: String
    package let isDirectory: Bool
    package let byteCount: Int
}

/// How much a tar archive may ask for before it is refused.
package struct TarLimits: Sendable {
    /// Entries and extended headers together.
    package var entries: Int
    /// Bytes of all content together.
    package var byteCount: Int

    package init(entries: Int = 100_000, byteCount: Int = 1 << 44) {
        self.entries = entries
        self.byteCount = byteCount
    }
}

/// Reads a tar archive (plain, gzip or Zstandard) from front to back: entry, its bytes, next entry.
///
/// Understands ustar, GNU long names and sizes, and pax headers. Links, devices, sparse files, absolute paths and
/// paths with `..` are errors, and so is an archive that ends without its closing blocks or goes on after them.
/// More bytes than the file's size can account for are an error as well, those of headers and beyond the end included.
/// Memory: fixed buffers, whatever the archive's size.
package struct TarReader: ~Copyable {
    private static let extendedByteLimit = 1 << 20
    /// What file systems allow.
    private static let (nameByteLimit, pathByteLimit) = (255, 4096)

    private var reader: ByteReader
    private let limits: TarLimits
    private let scratch = Buffer(byteCount: 1 << 16)
    /// Bytes of the decompressed archive taken so far.
    private var offset = 0
    /// Content of the current entry that has not been read, and the zeros that fill its last block.
    private var left = 0
    private var padding = 0
    private var headers = 0
    private var contentByteCount = 0
    private var currentName: String?

    package init(path: URL, limits: TarLimits = TarLimits()) throws(ArchiveError) {
        reader = try ByteReader(ofArchive: path)
        self.limits = limits
    }

    /// Goes to the next entry, or returns `nil` once the whole archive has been read and found complete.
    package mutating func next() throws(ArchiveError) -> TarEntry? {
        try skip(left + padding)
        (left, padding) = (0, 0)
        currentName = nil
        var longPath: [UInt8]?
        var longSize: Int?
        while let header = try nextHeader() {
            switch header.kind {
            case UInt8(ascii: "L"): longPath = Array(try extended(header).prefix { $0 != 0 })
            case UInt8(ascii: "K"), UInt8(ascii: "g"): _ = try extended(header)
            case UInt8(ascii: "x"):
                let records = try checked(PaxRecords.init, try extended(header))
                longPath = records.path ?? longPath
                longSize = records.size ?? longSize
            default: return try entry(header, name: longPath ?? header.name, size: longSize ?? header.size)
            }
        }
        return nil
    }

    /// Puts the next bytes of the current entry into a buffer and returns how many; 0 at its end.
    package mutating func read(into output: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        guard left > 0 else { return 0 }
        // A part of the buffer that was lent.
        let count = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: output.prefix(left)))
        guard count > 0 || output.isEmpty else { throw fault(.truncated) }
        offset += count
        left -= count
        return count
    }

    /// The next header, or `nil` after the end of the archive, all of which has then been read.
    private mutating func nextHeader() throws(ArchiveError) -> TarHeader? {
        guard let block = try block() else { throw fault(.missingEndMark) }
        if block.allSatisfy({ $0 == 0 }) {
            try drain()
            return nil
        }
        headers += 1
        guard headers <= limits.entries else { throw fault(.tooManyEntries(limit: limits.entries)) }
        return try checked(TarHeader.init, block[...])
    }

    private mutating func entry(
        _ header: TarHeader, name: [UInt8], size: Int
    ) throws(ArchiveError) -> TarEntry {
        currentName = String(decoding: name.prefix(Self.pathByteLimit), as: UTF8.self)
        if let kind = header.refusedKind { throw fault(.notAFile(kind: kind)) }
        // The oldest archives have no kind for directories but a slash at the name's end.
        let isDirectory =
            header.kind == UInt8(ascii: "5") || (header.kind == 0 && name.last == UInt8(ascii: "/"))
        let path = try checked(Self.path, name)
        guard isDirectory || !path.isEmpty else { throw fault(.emptyName) }
        // A directory has no content, whatever its size says.
        left = isDirectory ? 0 : size
        let (total, overflow) = contentByteCount.addingReportingOverflow(left)
        guard !overflow, total <= limits.byteCount else {
            throw fault(.tooLarge(byteCount: left, limit: limits.byteCount))
        }
        contentByteCount = total
        padding = (TarHeader.byteCount - left % TarHeader.byteCount) % TarHeader.byteCount
        return TarEntry(path: path, isDirectory: isDirectory, byteCount: left)
    }

    /// The content of an extended header.
    private mutating func extended(_ header: TarHeader) throws(ArchiveError) -> [UInt8] {
        guard header.size <= Self.extendedByteLimit else {
            throw fault(.extendedHeaderTooLarge(byteCount: header.size, limit: Self.extendedByteLimit))
        }
        var bytes: [UInt8] = []
        while bytes.count < header.size {
            guard let block = try block() else { throw fault(.truncated) }
            bytes += block
        }
        return Array(bytes.prefix(header.size))
    }

    /// One whole block, or `nil` at the end of the file.
    private mutating func block() throws(ArchiveError) -> [UInt8]? {
        // Slices of `scratch`, which this reader keeps, checked as they are taken.
        let target = UnsafeMutableRawBufferPointer(rebasing: scratch.bytes.prefix(TarHeader.byteCount))
        var filled = 0
        while filled < target.count {
            let count = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: target[filled...]))
            if count == 0 && filled == 0 { return nil }
            guard count > 0 else { throw fault(.truncated) }
            offset += count
            filled += count
        }
        return Array(target)
    }

    private mutating func skip(_ byteCount: Int) throws(ArchiveError) {
        var rest = byteCount
        while rest > 0 {
            // As above.
            let count = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: scratch.bytes.prefix(rest)))
            guard count > 0 else { throw fault(.truncated) }
            offset += count
            rest -= count
        }
    }

    /// Reads what fills the last record, so that the compressed data is checked to its end.
    private mutating func drain() throws(ArchiveError) {
        while true {
            let count = try reader.read(into: scratch.bytes)
            guard count > 0 else { return }
            guard scratch.bytes.prefix(count).allSatisfy({ $0 == 0 }) else { throw fault(.trailingBytes) }
            offset += count
        }
    }

    /// The path of an entry, if it stays below the directory it is unpacked in.
    private static func path(_ name: [UInt8]) throws(TarFault) -> String {
        guard name.count <= pathByteLimit else {
            throw .pathTooLong(byteCount: name.count, limit: pathByteLimit)
        }
        guard let text = String(validating: name, as: UTF8.self), !name.contains(0) else { throw .nameNotUTF8 }
        guard text.utf8.first != UInt8(ascii: "/") else { throw .absolutePath }
        let components = text.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard !components.contains("..") else { throw .escapesDirectory }
        if let long = components.first(where: { $0.utf8.count > nameByteLimit }) {
            throw .nameTooLong(byteCount: long.utf8.count, limit: nameByteLimit)
        }
        guard !components.isEmpty else { throw .emptyName }
        return components.filter { $0 != "." }.joined(separator: "/")
    }

    private func checked<Input, Output>(
        _ parse: (Input) throws(TarFault) -> Output, _ input: Input
    ) throws(ArchiveError) -> Output {
        do {
            return try parse(input)
        } catch {
            throw fault(error)
        }
    }

    private func fault(_ fault: TarFault) -> ArchiveError {
        .tar(file: reader.path, entry: currentName, offset: offset, fault: fault)
    }
}
