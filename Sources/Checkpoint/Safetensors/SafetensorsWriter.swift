package import FoundationEssentials
import JSON
import System

/// Writes a safetensors file as a stream: the header at once, then each tensor's bytes as they become known.
///
/// The layout is the reference implementation's: larger element types first, then byte order of the names, and the
/// header padded with spaces so that values begin at a multiple of 8. The same tensors give the same bytes in
/// whatever order they are written.
package struct SafetensorsWriter: ~Copyable {
    /// One tensor to come.
    package struct Declaration: Sendable, Equatable {
        package let name: String
        package let type: ElementType
        package let shape: [Int]

        package init(_ name: String, _ type: ElementType, _ shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }
    }

    private let file: NewFile
    package let header: SafetensorsHeader
    private var missing: [String: TensorInfo]

    /// Creates the file, which must not exist, and writes its header.
    package init(
        creating location: URL, tensors: [Declaration], metadata: [String: String] = ["format": "pt"]
    ) throws(CheckpointError) {
        let path = location.path(percentEncoded: false)
        let json = try Self.json(tensors, metadata: metadata, file: path)
        // What is written is read by the same rules as anybody else's file, before a byte of it is on disk.
        let header = try SafetensorsHeader(json: json, file: path)
        let file = try CheckpointError.attempt { () throws(SystemError) in try NewFile(location) }
        let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
        do throws(SystemError) { try file.write((length + json).span.bytes, at: 0) } catch { throw .system(error) }
        self.header = header
        self.file = file
        missing = Dictionary(header.tensors.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Writes all bytes of one tensor, each tensor once, in any order.
    ///
    /// They are lent for the call, and as many as the tensor has, or refused.
    package mutating func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        guard let info = missing[name] else { throw .unknownTensor(file: file.path, tensor: name) }
        guard info.byteRange.count == bytes.count else {
            throw .wrongByteCount(
                file: file.path, tensor: name, expected: info.byteRange.count, found: bytes.count)
        }
        do throws(SystemError) {
            try file.write(bytes.bytes, at: info.byteRange.lowerBound)
        } catch { throw .system(error) }
        missing[name] = nil
    }

    /// Writes all values of one tensor.
    package mutating func write<Element: BitwiseCopyable>(
        _ name: String, _ values: [Element]
    ) throws(CheckpointError) {
        // Any bits of such elements are bytes; the pointer stays in the closure.
        try values.withUnsafeBufferPointer { buffer throws(CheckpointError) in
            try write(name, UnsafeRawBufferPointer(buffer))
        }
    }

    /// Makes sure that every tensor was written, and closes the file.
    package consuming func finish() throws(CheckpointError) {
        if let left = header.tensors.first(where: { missing[$0.name] != nil && !$0.byteRange.isEmpty }) {
            throw .wrongByteCount(
                file: file.path, tensor: left.name, expected: left.byteRange.count, found: 0)
        }
        do throws(SystemError) { try file.close() } catch { throw .system(error) }
    }

    private static func json(
        _ tensors: [Declaration], metadata: [String: String], file: String
    ) throws(CheckpointError) -> [UInt8] {
        let sorted = tensors.sorted { left, right in
            left.type.bitCount == right.type.bitCount
                ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
                : left.type.bitCount > right.type.bitCount
        }
        var members: [JSONObject.Member] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            let object = JSONObject(texts.map { .init(key: $0.key, value: .string($0.value)) })
            members.append(.init(key: "__metadata__", value: .object(object)))
        }
        var offset = 0
        for tensor in sorted {
            guard let byteCount = TensorInfo.byteCount(type: tensor.type, shape: tensor.shape) else {
                throw .impossibleShape(file: file, tensor: tensor.name, shape: tensor.shape, type: tensor.type)
            }
            members.append(.init(key: tensor.name, value: member(tensor, bytes: offset..<offset + byteCount)))
            offset += byteCount
        }
        let json = Array(JSONValue.object(JSONObject(members)).canonicalText.utf8)
        return json + Array(repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
    }

    private static func member(_ tensor: Declaration, bytes: Range<Int>) -> JSONValue {
        .object(
            JSONObject([
                .init(key: "dtype", value: .string(tensor.type.rawValue)),
                .init(key: "shape", value: .array(tensor.shape.map(JSONValue.integer))),
                .init(
                    key: "data_offsets",
                    value: .array([.integer(bytes.lowerBound), .integer(bytes.upperBound)])),
            ]))
    }
}
