/// Single precision as it is.
enum F32: BlockCodec {
    static let id: UInt32 = 0
    static let name = "f32"
    static let weightsPerBlock = 1
    static let bytesPerBlock = 4

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        weights[0] = Float(bitPattern: block.word32(0))
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        bytes.store(block[0].bitPattern, 0)
    }
}

/// Half precision, rounded to nearest, ties to even.
enum F16: BlockCodec {
    static let id: UInt32 = 1
    static let name = "f16"
    static let weightsPerBlock = 1
    static let bytesPerBlock = 2
    static let halves = [0]

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        weights[0] = block.half(0)
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        bytes.store(half: block[0], 0)
    }
}

/// The upper half of single precision, rounded to nearest, ties to even.
enum BF16: BlockCodec {
    static let id: UInt32 = 30
    static let name = "bf16"
    static let weightsPerBlock = 1
    static let bytesPerBlock = 2

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        weights[0] = Float(bitPattern: UInt32(block.word16(0)) << 16)
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let bits = block[0].bitPattern
        bytes.store(UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16), 0)
    }
}
