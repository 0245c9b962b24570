import Archive
import FoundationEssentials
import Testing

/// A new empty directory that is removed with this object.
final class TemporaryDirectory {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "qid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a file, with the folders above it.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> URL {
        let location = url.appending(path: name)
        try FileManager.default.createDirectory(
            at: location.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: location)
        return location
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> URL { try write(Array(text.utf8), to: name) }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: url.appending(path: name).path(), withDestinationPath: target)
    }

    func bytes(of name: String) throws -> [UInt8] { Array(try Data(contentsOf: url.appending(path: name))) }

    func names(in folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.appending(path: folder).path()).sorted()
    }
}

/// The demo archive of the repository.
let demoArchive = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Manifests/demo/archive")

/// Everything a reader gives, asked for in pieces of a certain size.
func readAll(_ location: URL, pieceByteCount: Int = 1000) throws(ArchiveError) -> [UInt8] {
    var reader = try ByteReader(path: location)
    return try collect(pieceByteCount) { buffer throws(ArchiveError) in try reader.read(into: buffer) }
}

func collect(
    _ pieceByteCount: Int = 1000, _ read: (UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int
) throws(ArchiveError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 1)
    defer { buffer.deallocate() }
    var bytes: [UInt8] = []
    while true {
        let count = try read(buffer)
        guard count > 0 else { return bytes }
        bytes += buffer.prefix(count)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers from the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// The bytes with one to four of them changed, cut off, doubled or taken out.
func mutate(_ bytes: [UInt8], with generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
        let index = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes.removeSubrange(index...)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(bytes[index], at: index)
        case 3: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        default: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
    }
    return bytes
}
