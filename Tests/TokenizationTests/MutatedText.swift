import TestSupport

extension SeededGenerator {
    /// A text with a few bytes changed, taken out, put in or cut off, so that it often stays JSON.
    mutating func mutatedText(_ bytes: [UInt8]) -> [UInt8] {
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
