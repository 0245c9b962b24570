import JSON

/// What tells a checkpoint's weights from those of another step without reading either again.
package struct WeightTraits: Sendable, Equatable {
    /// The first digits of the SHA-256 of the largest parts, always in the same order: matrices, or files.
    package var parts: [String]
    /// Some of the weights, always those of the same places; empty where they are not plain numbers.
    package var sample: [Float]

    package init(parts: [String], sample: [Float]) {
        self.parts = parts
        self.sample = sample
    }

    /// Digits of a part's digest that are kept.
    package static let digitCount = 12

    /// How many parts another checkpoint has the same.
    package func sharedParts(with other: WeightTraits) -> Int { zip(parts, other.parts).count { $0 == $1 } }

    /// The root mean square of the differences to another checkpoint's weights; nil where they cannot be compared.
    package func distance(to other: WeightTraits) -> Double? {
        guard !sample.isEmpty, sample.count == other.sample.count else { return nil }
        let sum = zip(sample, other.sample).reduce(0.0) { sum, pair in
            let difference = Double(pair.0) - Double(pair.1)
            return sum + difference * difference
        }
        return sum.isFinite ? (sum / Double(sample.count)).squareRoot() : nil
    }

    /// Puts them into an object.
    func add(to object: inout JSONObject) {
        object["parts"] = .string(parts.joined())
        object["sample"] = .string(sample.map { Self.digits($0.bitPattern) }.joined())
    }

    /// Reads them out of an object's members; nil if they are not there.
    init?(members object: JSONObject) {
        guard let parts = object["parts"]?.string, let sample = object["sample"]?.string else { return nil }
        self.init(
            parts: Self.chunks(parts, of: Self.digitCount),
            sample: Self.chunks(sample, of: 8).compactMap { UInt32($0, radix: 16).map(Float.init(bitPattern:)) })
    }

    private static func digits(_ bits: UInt32) -> String {
        let text = String(bits, radix: 16)
        return String(repeating: "0", count: 8 - text.utf8.count) + text
    }

    private static func chunks(_ text: String, of count: Int) -> [String] {
        let bytes = Array(text.utf8)
        return stride(from: 0, to: bytes.count, by: count).map {
            String(decoding: bytes[$0..<min($0 + count, bytes.count)], as: UTF8.self)
        }
    }
}
