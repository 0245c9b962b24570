/// The header of a GGUF file, completely validated: behind it nobody checks an offset again.
///
/// | bytes | what |
/// |---|---|
/// | 4 | `GGUF` |
/// | 4 | the version, 2 or 3; its bytes are the other way round in files for big-endian machines |
/// | 8, 8 | the number of tensors, and of entries of metadata |
/// | … | metadata: the key (a length of 8 bytes, then UTF-8), a type of 4 bytes, the value |
/// | … | tensors: the name, the number of dimensions (4 bytes, at most 4), each size (8 bytes), the type (4), the offset (8) |
/// | … | zeros up to a multiple of `general.alignment` (32) |
/// | … | the tensors' blocks, each at its offset from here, which is such a multiple |
///
/// Sizes stand innermost first. Names of tensors and keys are unique; tensors do not overlap.
package struct GGUFHeader: Sendable {
    package let file: String
    package let version: UInt32
    package let metadata: GGUFMetadata
    package let tensors: [GGUFTensorInfo]
    package let alignment: Int
    /// Where the tensors' blocks begin, in bytes from the start of the file.
    package let dataOffset: Int

    static let magic: [UInt8] = Array("GGUF".utf8)
    static let alignmentKey = "general.alignment"
    private static let mostDimensions = 4
    /// The most tensors, and the most entries: experts of a layer are one tensor, so no model comes near.
    private static let mostItems = 1 << 16
    /// The longest name of a tensor in ggml, the zero at its end included.
    private static let longestName = 1 << 10

    /// Reads and validates the header of a whole file, or of one that will have so many bytes.
    package init(
        _ bytes: UnsafeRawBufferPointer, file: String, fileByteCount: Int? = nil
    ) throws(GGUFError) {
        self.file = file
        var cursor = GGUFCursor(bytes, file: file)
        version = try Self.version(&cursor)
        let tensorCount = try Self.count(ofAtLeast: 8 + 4 + 4 + 8, "the number of tensors", &cursor)
        let entryCount = try Self.count(ofAtLeast: 8 + 4 + 1, "the number of metadata entries", &cursor)
        metadata = try Self.metadata(entryCount, &cursor)
        alignment = try Self.alignment(metadata)
        var drafts: [GGUFTensorInfo] = []
        drafts.reserveCapacity(tensorCount)
        for index in 0..<tensorCount { drafts.append(try Self.tensor(index, &cursor)) }
        let (padded, overflow) = cursor.offset.addingReportingOverflow(alignment - 1)
        dataOffset = overflow ? .max : padded / alignment * alignment
        tensors = try Self.placed(
            drafts, dataOffset: dataOffset, alignment: alignment, byteCount: fileByteCount ?? bytes.count, file)
    }

    private static func count(
        ofAtLeast byteCount: Int, _ place: String, _ cursor: inout GGUFCursor
    ) throws(GGUFError) -> Int {
        let count = try cursor.count(ofAtLeast: byteCount, place)
        guard count <= mostItems else {
            throw .malformed(file: cursor.file, place: place, found: "\(count)", expected: "at most \(mostItems)")
        }
        return count
    }

    /// Reads the header of bytes in memory.
    package init(of bytes: [UInt8], file: String, fileByteCount: Int? = nil) throws(GGUFError) {
        // `withUnsafeBytes` of arrays throws any error, so the typed one goes round it.
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(GGUFError) in try GGUFHeader(buffer, file: file, fileByteCount: fileByteCount) }
        }
        self = try result.get()
    }

    private static func version(_ cursor: inout GGUFCursor) throws(GGUFError) -> UInt32 {
        let first = try cursor.number(UInt32.self, "the magic number")
        let letters = (0..<4).map { UInt8(truncatingIfNeeded: first >> (8 * $0)) }
        guard letters == magic else {
            let text = letters.allSatisfy { (0x20..<0x7f).contains($0) }
            throw .notGGUF(
                file: cursor.file,
                found: text ? "'\(String(decoding: letters, as: UTF8.self))'" : "bytes that are no text")
        }
        let version = try cursor.number(UInt32.self, "the version")
        guard version & 0xffff != 0 else { throw .bigEndian(file: cursor.file) }
        guard version == 2 || version == 3 else { throw .unsupportedVersion(file: cursor.file, version: version) }
        return version
    }

    private static func metadata(_ count: Int, _ cursor: inout GGUFCursor) throws(GGUFError) -> GGUFMetadata {
        var metadata = GGUFMetadata(file: cursor.file)
        for index in 0..<count {
            let key = try cursor.text("the key of metadata entry \(index)")
            let type = try cursor.valueType("the type of '\(key)'")
            guard metadata.add(key, try cursor.value(type, "'\(key)'")) else {
                throw .malformed(
                    file: cursor.file, place: "metadata entry \(index)", found: "'\(key)' once more",
                    expected: "another key")
            }
        }
        return metadata
    }

    private static func alignment(_ metadata: GGUFMetadata) throws(GGUFError) -> Int {
        guard let value = metadata[alignmentKey] else { return 32 }
        guard let alignment = value.int, (1...1 << 20).contains(alignment), alignment.nonzeroBitCount == 1 else {
            throw .wrongValue(
                file: metadata.file, key: alignmentKey, found: value.quoted, expected: "a power of two up to 2^20")
        }
        return alignment
    }

    /// Reads what the header says of a tensor; its offset counts from the data.
    private static func tensor(_ index: Int, _ cursor: inout GGUFCursor) throws(GGUFError) -> GGUFTensorInfo {
        let file = cursor.file
        let name = try cursor.text("the name of tensor \(index)")
        guard !name.isEmpty, name.utf8.count < longestName, !name.unicodeScalars.contains(where: { $0.value < 0x20 })
        else {
            throw .malformed(
                file: file, place: "the name of tensor \(index)", found: GGUFValue.string(name).quoted,
                expected: "1 to \(longestName - 1) bytes without control characters")
        }
        let dimensions = try cursor.number(UInt32.self, "the dimensions of tensor '\(name)'")
        guard dimensions <= mostDimensions else {
            throw .malformed(
                file: file, place: "the dimensions of tensor '\(name)'", found: "\(dimensions)",
                expected: "at most \(mostDimensions)")
        }
        var sizes: [UInt64] = []
        for _ in 0..<dimensions { sizes.append(try cursor.number(UInt64.self, "the sizes of tensor '\(name)'")) }
        let id = try cursor.number(UInt32.self, "the type of tensor '\(name)'")
        let offset = try cursor.number(UInt64.self, "the offset of tensor '\(name)'")
        guard let type = GGMLType(id: id) else {
            throw .tensor(
                file: file, tensor: name, found: "of ggml's type \(id)",
                expected: "one of " + GGMLType.all.map { "\($0.name) (\($0.id))" }.joined(separator: ", "))
        }
        guard let info = GGUFTensorInfo(name, sizes: sizes, type: type, offset: offset) else {
            throw .tensor(
                file: file, tensor: name, found: "of sizes \(sizes) in \(type.name)",
                expected: "rows of whole blocks of \(type.weightsPerBlock), of less than 2^63 bytes in all")
        }
        return info
    }

    /// The tensors with their places in the file, once it is certain that they lie in it one beside the other.
    private static func placed(
        _ drafts: [GGUFTensorInfo], dataOffset: Int, alignment: Int, byteCount: Int, _ file: String
    ) throws(GGUFError) -> [GGUFTensorInfo] {
        var names: Set<[UInt8]> = []
        var tensors: [GGUFTensorInfo] = []
        for draft in drafts {
            guard names.insert(Array(draft.name.utf8)).inserted else {
                throw .tensor(file: file, tensor: draft.name, found: "there twice", expected: "there once")
            }
            guard draft.byteRange.lowerBound.isMultiple(of: alignment) else {
                throw .tensor(
                    file: file, tensor: draft.name, found: "at offset \(draft.byteRange.lowerBound)",
                    expected: "at a multiple of \(alignment)")
            }
            let (end, overflow) = draft.byteRange.upperBound.addingReportingOverflow(dataOffset)
            guard !overflow, end <= byteCount else {
                throw .truncated(
                    file: file, place: "tensor '\(draft.name)'",
                    offset: overflow ? .max : draft.byteRange.lowerBound + dataOffset,
                    needed: UInt64(draft.byteRange.count),
                    found: max(0, overflow ? 0 : byteCount - dataOffset - draft.byteRange.lowerBound))
            }
            tensors.append(draft.moved(by: dataOffset))
        }
        let sorted = tensors.sorted { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
        for (one, other) in zip(sorted, sorted.dropFirst())
        where other.byteRange.lowerBound < one.byteRange.upperBound && !other.byteRange.isEmpty {
            throw .tensor(
                file: file, tensor: other.name, found: "at byte \(other.byteRange.lowerBound)",
                expected: "behind '\(one.name)', which ends at \(one.byteRange.upperBound)")
        }
        return tensors
    }
}
