/// 32 weights as signed bytes times a half-precision scale, max|w| / 127.
///
///     0..<2 scale · 2..<34 codes
enum Q8_0: BlockCodec {
    static let id: UInt32 = 8
    static let name = "q8_0"
    static let weightsPerBlock = 32
    static let bytesPerBlock = 34
    static let halves = [0]

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>) {
        let scale = block.half(0)
        for index in 0..<32 { weights[index] = Float(block.signedByte(2 + index)) * scale }
    }

    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>) {
        let scale = abs(block.outermost(32)) / 127
        bytes.store(half: scale, 0)
        for index in 0..<32 {
            bytes[2 + index] = UInt8(truncatingIfNeeded: (block[index] * scale.inverseOrZero).roundedAway)
        }
    }
}
