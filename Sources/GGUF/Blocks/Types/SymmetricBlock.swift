/// 32 weights as codes around zero times a half-precision scale: Q4_0 and Q5_0.
///
/// Without importance the outermost weight sits at the lowest code; with it ``SymmetricSearch`` finds the scale.
struct SymmetricBlock {
    let bound: Int32

    @inline(__always)
    func encode(
        _ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>, _ codes: (_ code: (Int) -> UInt8) -> Void
    ) {
        guard let importance = block.importance else { return encodePlainly(block, into: bytes, codes) }
        block.withOne(importance) { blocks in
            bytes.store(half: SymmetricSearch(bound: bound)(blocks)[0], 0)
            codes { blocks.code($0) }
        }
    }

    @inline(__always)
    private func encodePlainly(
        _ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>, _ codes: (_ code: (Int) -> UInt8) -> Void
    ) {
        let scale = block.outermost(32) / Float(-bound)
        let inverse = scale.inverseOrZero
        let half = Float(bound) + 0.5
        bytes.store(half: scale, 0)
        codes {
            let code = Int8(truncatingIfNeeded: (block[$0] * inverse + half).truncated)
            return UInt8(truncatingIfNeeded: min(code, Int8(2 * bound - 1)))
        }
    }
}

/// 32 weights as four bits, −8 … 7, times a half-precision scale.
///
///     0..<2 scale · 2..<18 codes + 8
enum Q4_0: BlockCodec {
    static let id: UInt32 = 2
    static let name = "q4_0"
    static let weightsPerBlock = 32
    static let bytesPerBlock = 18
    static let halves = [0]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        FourBitCodes.load(block, 2) { weights[$0] = scale * ($1 - 8) }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        SymmetricBlock(bound: 8).encode(block, into: bytes) { FourBitCodes.store(bytes, 2, $0) }
    }
}

/// 32 weights as five bits, −16 … 15, times a half-precision scale.
///
///     0..<2 scale · 2..<6 fifth bits · 6..<22 low four bits of codes + 16
enum Q5_0: BlockCodec {
    static let id: UInt32 = 6
    static let name = "q5_0"
    static let weightsPerBlock = 32
    static let bytesPerBlock = 22
    static let halves = [0]
    static let importance = ImportanceUse.optional

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        FourBitCodes.load(block, 6, fifth: block.word32(2)) { weights[$0] = scale * ($1 - 16) }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        SymmetricBlock(bound: 16).encode(block, into: bytes) { bytes.store(FourBitCodes.store(bytes, 6, $0), 2) }
    }
}

extension BlockWeights {
    /// 32 weights alone in the first lane, with given importance · √(mean square of the row + x²).
    @inline(__always)
    func withOne(_ importance: UnsafePointer<Float>, _ body: (SubBlocks) -> Void) {
        SubBlocks.withOne(
            32, { (self[$0], importance[$0] * (rowMeanSquare + self[$0] * self[$0]).squareRoot()) }, body)
    }
}
