package import FoundationEssentials
import System

/// Writes a GGUF file (version 3) as a stream: the header at once, then each tensor's blocks as they become known.
package struct GGUFWriter: ~Copyable {
    /// One tensor to come.
    package struct Declaration: Sendable, Equatable {
        package let name: String
        package let type: GGMLType
        /// Sizes, outermost first.
        package let shape: [Int]

        package init(_ name: String, _ type: GGMLType, _ shape: [Int]) {
            (self.name, self.type, self.shape) = (name, type, shape)
        }
    }

    private let file: NewFile
    package let header: GGUFHeader
    /// What is still to come of each tensor: in how many equal parts, and which of these are there.
    private var missing: [String: (info: GGUFTensorInfo, written: Set<Int>)]

    private static let alignment = 32

    /// Creates the file, which must not exist, and writes its header; tensors lie in the order given.
    package init(
        creating location: URL, metadata: [(key: String, value: GGUFValue)], tensors: [Declaration]
    ) throws(GGUFError) {
        let path = location.path(percentEncoded: false)
        let (header, bytes) = try Self.encoded(metadata, tensors, file: path)
        let file = try GGUFError.attempt { () throws(SystemError) in try NewFile(location) }
        do throws(SystemError) {
            try file.write(bytes.span.bytes, at: 0)
            try Self.pad(header, file)
        } catch { throw .system(error) }
        self.file = file
        self.header = header
        missing = Dictionary(header.tensors.map { ($0.name, ($0, [])) }) { first, _ in first }
    }

    /// The header of a file with these metadata and tensors, read by the same rules as anybody else's.
    package static func header(
        _ metadata: [(key: String, value: GGUFValue)], _ tensors: [Declaration], file: String
    ) throws(GGUFError) -> GGUFHeader {
        try encoded(metadata, tensors, file: file).header
    }

    private static func encoded(
        _ metadata: [(key: String, value: GGUFValue)], _ tensors: [Declaration], file: String
    ) throws(GGUFError) -> (header: GGUFHeader, bytes: [UInt8]) {
        var bytes = GGUFBytes()
        let byteCount = try bytes.appendHeader(metadata, tensors, alignment: alignment, file: file)
        let header = try GGUFHeader(of: bytes.bytes, file: file, fileByteCount: bytes.bytes.count + byteCount)
        return (header, bytes.bytes)
    }

    /// Writes the zeros behind tensors whose bytes are no multiple of the alignment.
    private static func pad(_ header: GGUFHeader, _ file: borrowing NewFile) throws(SystemError) {
        for tensor in header.tensors {
            let end = tensor.byteRange.upperBound
            let zeros = [UInt8](repeating: 0, count: (alignment - end % alignment) % alignment)
            try file.write(zeros.span.bytes, at: end)
        }
    }

    /// Writes all blocks of one tensor, or of one of its equal parts; each once, in any order.
    package mutating func write(
        _ name: String, part index: Int = 0, of count: Int = 1, _ bytes: RawSpan
    ) throws(GGUFError) {
        guard let (info, written) = missing[name], !written.contains(index), index < count else {
            throw .tensor(file: file.path, tensor: name, found: "written", expected: "one that was declared, once")
        }
        guard info.byteRange.count == bytes.byteCount * count else {
            throw .wrongByteCount(
                file: file.path, tensor: name, expected: info.byteRange.count / count, found: bytes.byteCount)
        }
        let place = info.byteRange.lowerBound + index * bytes.byteCount
        do throws(SystemError) { try file.write(bytes, at: place) } catch { throw .system(error) }
        missing[name] = written.count + 1 == count ? nil : (info, written.union([index]))
    }

    /// Makes sure that every tensor was written, and closes the file.
    package consuming func finish() throws(GGUFError) {
        if let left = header.tensors.first(where: { missing[$0.name] != nil && !$0.byteRange.isEmpty }) {
            throw .wrongByteCount(file: file.path, tensor: left.name, expected: left.byteRange.count, found: 0)
        }
        do throws(SystemError) { try file.close() } catch { throw .system(error) }
    }
}

/// The bytes of a header as they come together.
struct GGUFBytes {
    private(set) var bytes: [UInt8] = []

    /// Appends a whole header up to where data begins.
    ///
    /// - Returns: the bytes of the data, padding included.
    mutating func appendHeader(
        _ metadata: [(key: String, value: GGUFValue)], _ tensors: [GGUFWriter.Declaration], alignment: Int, file: String
    ) throws(GGUFError) -> Int {
        bytes += GGUFHeader.magic
        append(UInt32(3))
        append(UInt64(tensors.count))
        append(UInt64(metadata.count))
        for entry in metadata {
            append(entry.key)
            append(entry.value.type.rawValue)
            append(entry.value)
        }
        var offset = 0
        for tensor in tensors {
            guard let byteCount = GGUFTensorInfo.byteCount(tensor.shape, tensor.type) else {
                throw .tensor(
                    file: file, tensor: tensor.name, found: "of sizes \(tensor.shape) in \(tensor.type.name)",
                    expected: "rows of whole blocks of \(tensor.type.weightsPerBlock)")
            }
            append(tensor.name)
            append(UInt32(tensor.shape.count))
            for size in tensor.shape.reversed() { append(UInt64(size)) }
            append(tensor.type.id)
            append(UInt64(offset))
            offset += (byteCount + alignment - 1) / alignment * alignment
        }
        bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
        return offset
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    private mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    private mutating func append(_ value: GGUFValue) {
        switch value {
        case .uint8(let number): append(number)
        case .int8(let number): append(number)
        case .uint16(let number): append(number)
        case .int16(let number): append(number)
        case .uint32(let number): append(number)
        case .int32(let number): append(number)
        case .uint64(let number): append(number)
        case .int64(let number): append(number)
        case .float32(let number): append(number.bitPattern)
        case .float64(let number): append(number.bitPattern)
        case .bool(let flag): append(UInt8(flag ? 1 : 0))
        case .string(let text): append(text)
        case .array(let array):
            append(array.type.rawValue)
            append(UInt64(array.elements.count))
            for element in array.elements { append(element) }
        }
    }
}
