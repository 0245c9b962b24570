import Foundation

/// Files that tests read: the demo inside the repository, and reference values that may lie beside it.
enum Shared {
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let demo = repository.appendingPathComponent("Manifests/demo")
    static let oracles = repository.deletingLastPathComponent().appendingPathComponent("shared/oracles")
    static let hasOracles = FileManager.default.fileExists(atPath: oracles.path)

    /// An empty directory for one test, gone afterwards.
    static func withTemporaryDirectory(_ body: (URL) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "tokenization-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory)
    }
}

/// A small reproducible source of random numbers (Steele et al., 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A text with a few bytes changed, taken out, put in or cut off.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<4, using: &self) {
            guard !bytes.isEmpty else { return bytes }
            let index = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[index] = .random(in: 0...255, using: &self)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(Array("{}[]\",:0129-.\\efntu".utf8).randomElement(using: &self) ?? 0x30, at: index)
            case 3: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 20)], at: index)
            default: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1..<200, using: &self)))
            }
        }
        return bytes
    }
}
