import Foundation
import GGUF
import JSON
import TestSupport
import Testing

/// What ggml's own quantization and PyPI's gguf make of rows; `Tests/Fixtures/generate/gguf_blocks.py` says what lies where.
struct BlockFixtures {
    let width: Int
    let rows: [Float]
    let importance: [Float]
    private let encoded: [UInt8]
    private let types: JSONObject

    /// The rows of the repository, or more of them from a folder that the environment names.
    init() throws {
        let folder =
            ProcessInfo.processInfo.environment["QID_GGUF_BLOCKS"].map { URL(filePath: $0) }
            ?? Fixtures.directory.appending(path: "gguf_blocks")
        func bytes(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: folder.appending(path: name)))
        }
        let index = try #require(JSONValue(parsing: bytes("blocks.json")).object)
        width = try #require(index["width"]?.int)
        types = try #require(index["types"]?.object)
        rows = try Self.floats(bytes("rows.bin"))
        importance = try Self.floats(bytes("importance.bin"))
        encoded = try bytes("encoded.bin")
    }

    /// Bytes that others made, and the digest of the values they read from them.
    struct Part {
        let bytes: [UInt8]
        let values: String
    }

    /// Part `plain`, `importance` or `random` of a type; nil where the type has none.
    func part(_ type: GGMLType, _ name: String) throws -> Part? {
        let parts = try #require(types[type.name]?.object, "no \(type.name)")
        guard let part = parts[name]?.object else { return nil }
        let (offset, count) = (try #require(part["offset"]?.int), try #require(part["count"]?.int))
        return Part(
            bytes: Array(encoded[offset..<offset + count]), values: try #require(part["values"]?.string))
    }

    private static func floats(_ bytes: [UInt8]) -> [Float] {
        stride(from: 0, to: bytes.count - 3, by: 4).map { index in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) })
        }
    }
}

/// FNV-1a over the bits of values, word by word, every NaN as one.
func digest(_ values: [Float]) -> String {
    var state: UInt64 = 0xcbf2_9ce4_8422_2325
    for value in values {
        state = (state ^ UInt64(value.isNaN ? 0x7fc0_0000 : value.bitPattern)) &* 0x100_0000_01b3
    }
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

extension GGMLType {
    func encoded(_ row: [Float], importance: [Float]? = nil) throws(BlockError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xaa, count: row.count / weightsPerBlock * bytesPerBlock)
        var span = bytes.mutableSpan
        if let importance {
            try encode(row.span, importance: importance.span, into: &span)
        } else {
            try encode(row.span, into: &span)
        }
        return bytes
    }

    func decoded(_ bytes: [UInt8]) throws(BlockError) -> [Float] {
        var values = [Float](repeating: .nan, count: bytes.count / bytesPerBlock * weightsPerBlock)
        var span = values.mutableSpan
        try decode(bytes.span.bytes, into: &span)
        return values
    }
}
