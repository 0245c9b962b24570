/// 256 weights as −1, 0 or 1 times a half-precision scale, max|w|, five to a byte.
///
///     0..<48 five digits a byte · 48..<52 four digits a byte · 52..<54 scale
///
/// Byte m of the first 32 holds weights m, m + 32, … m + 128, each of the next sixteen those 16 apart from 160 on, and each of
/// the last four those 4 apart from 240 on. A byte is the digits' number in base 3, the first weight's highest, as a fraction of
/// 243 in 256ths.
enum TQ1_0: BlockCodec {
    static let id: UInt32 = 34
    static let name = "tq1_0"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 54
    static let halves = [52]

    /// First byte, first weight, bytes, and weights of each byte, of the three parts.
    private static let parts = [(0, 0, 32, 5), (32, 160, 16, 5), (48, 240, 4, 4)]

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let scale = block.half(52)
        for (firstByte, firstWeight, count, digits) in parts {
            for byte in 0..<count {
                var rest = block.byte(firstByte + byte)
                for digit in 0..<digits {
                    weights[firstWeight + byte + digit * count] = scale * Float(Int32((UInt16(rest) * 3) >> 8) - 1)
                    rest = rest &* 3
                }
            }
        }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let scale = abs(block.outermost(256))
        bytes.store(half: scale, 52)
        for (firstByte, firstWeight, count, digits) in parts {
            for byte in 0..<count {
                var number: UInt32 = 0
                for digit in 0..<5 {
                    number *= 3
                    guard digit < digits else { continue }
                    number += block.ternary(firstWeight + byte + digit * count, scale.inverseOrZero)
                }
                bytes[firstByte + byte] = UInt8((number * 256 + 242) / 243)
            }
        }
    }
}

/// 256 weights as −1, 0 or 1 times a half-precision scale, max|w|, two bits each.
///
///     0..<64 codes (`TwoBitCodes`) · 64..<66 scale
enum TQ2_0: BlockCodec {
    static let id: UInt32 = 35
    static let name = "tq2_0"
    static let weightsPerBlock = 256
    static let bytesPerBlock = 66
    static let halves = [64]

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let scale = block.half(64)
        for index in 0..<256 { weights[index] = scale * Float(Int32(TwoBitCodes.load(block, 0, index)) - 1) }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let scale = abs(block.outermost(256))
        bytes.store(half: scale, 64)
        TwoBitCodes.store(bytes, 0) { UInt8(block.ternary($0, scale.inverseOrZero)) }
    }
}

extension BlockWeights {
    /// 0, 1 or 2 for a weight that is nearest to −1, 0 or 1 times the scale; 1 where the inverse scale is infinite.
    @inline(__always)
    fileprivate func ternary(_ index: Int, _ inverse: Float) -> UInt32 {
        let ratio = weights[index] * inverse
        return ratio.isFinite ? UInt32(truncatingIfNeeded: ratio.roundedAway + 1) : 1
    }
}
