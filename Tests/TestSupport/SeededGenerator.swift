import Foundation
import Mathematics

/// The library's random numbers, with what tests draw: a failing round can be repeated from its seed, on every machine.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var numbers: RandomNumbers

    package init(seed: UInt64) { numbers = RandomNumbers(seed: seed) }

    package mutating func next() -> UInt64 { numbers.next() }

    /// A normal deviate, by Box and Muller.
    package mutating func normal() -> Float {
        let (u, v) = (Double.random(in: 1e-12..<1, using: &self), Double.random(in: 0..<1, using: &self))
        return Float((-2 * log(u)).squareRoot() * cos(2 * Double.pi * v))
    }

    /// The bytes with one to four places changed, cut off, doubled, taken out, or given the largest and smallest numbers.
    package mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &self)
            switch Int.random(in: 0..<8, using: &self) {
            case 0: bytes.removeSubrange(index...)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(bytes[index], at: index)
            case 3: bytes[index] = UInt8.random(in: 0...255, using: &self)
            case 4: bytes.replaceSubrange(index..<min(bytes.count, index + 4), with: [255, 255, 255, 127])
            case 5: bytes.insert(contentsOf: Array("99999999999999999999".utf8), at: index)
            default: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            }
        }
        return bytes
    }
}
