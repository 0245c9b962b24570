/// 32 weights as codes from zero times a half-precision scale plus a half-precision minimum: Q4_1 and Q5_1.
///
/// Without importance the codes span what the weights span; with it ``AffineSearch`` finds scale and minimum.
struct AffineBlock {
    let largest: Int32
    /// Whether a code that comes out too large is held at the largest; Q5_1 keeps its low bits.
    let clamps: Bool

    @inline(__always)
    func encode(
        _ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>, _ codes: (_ code: (Int) -> UInt8) -> Void
    ) {
        guard let importance = block.importance else { return encodePlainly(block, into: bytes, codes) }
        block.withOne(importance) { blocks in
            let (scale, minimum) = AffineSearch(largest: largest, first: -0.9, step: 0.05, steps: 36)(blocks)
            bytes.store(half: scale[0], 0)
            bytes.store(half: -minimum[0], 2)
            codes { blocks.code($0) }
        }
    }

    @inline(__always)
    private func encodePlainly(
        _ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>, _ codes: (_ code: (Int) -> UInt8) -> Void
    ) {
        let (least, most) = block.extremes(32)
        let scale = (most - least) / Float(largest)
        let inverse = scale.inverseOrZero
        bytes.store(half: scale, 0)
        bytes.store(half: least, 2)
        codes {
            let code = ((block[$0] - least) * inverse + 0.5).truncated
            if !clamps { return UInt8(truncatingIfNeeded: code) }
            return UInt8(truncatingIfNeeded: min(Int32(Int8(truncatingIfNeeded: code)), largest))
        }
    }
}

/// 32 weights as four bits, 0 … 15, times a half-precision scale plus a half-precision minimum.
///
///     0..<2 scale · 2..<4 minimum · 4..<20 codes
enum Q4_1: BlockCodec {
    static let id: UInt32 = 3
    static let name = "q4_1"
    static let weightsPerBlock = 32
    static let bytesPerBlock = 20
    static let halves = [0, 2]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let (scale, minimum) = (block.half(0), block.half(2))
        FourBitCodes.load(block, 4) { weights[$0] = scale * $1 + minimum }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        AffineBlock(largest: 15, clamps: true).encode(block, into: bytes) { FourBitCodes.store(bytes, 4, $0) }
    }
}

/// 32 weights as five bits, 0 … 31, times a half-precision scale plus a half-precision minimum.
///
///     0..<2 scale · 2..<4 minimum · 4..<8 fifth bits · 8..<24 low four bits of codes
enum Q5_1: BlockCodec {
    static let id: UInt32 = 7
    static let name = "q5_1"
    static let weightsPerBlock = 32
    static let bytesPerBlock = 24
    static let halves = [0, 2]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let (scale, minimum) = (block.half(0), block.half(2))
        FourBitCodes.load(block, 8, fifth: block.word32(4)) { weights[$0] = scale * $1 + minimum }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        AffineBlock(largest: 31, clamps: false).encode(block, into: bytes) {
            bytes.store(FourBitCodes.store(bytes, 8, $0), 4)
        }
    }
}
