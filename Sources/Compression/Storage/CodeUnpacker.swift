/// Turns eight codes of one width, read as one little-endian integer, into floats.
struct CodeUnpacker {
    /// How far each lane's code lies from bit 0 of its 32-bit half.
    private let shifts: SIMD8<UInt32>
    private let mask: SIMD8<UInt32>
    /// Where the half that holds codes 4 to 7 begins.
    private let halfShift: UInt64

    /// 2²³: its bit pattern or-ed with a code is the float 2²³ + code.
    private static let exponent: Float = 8_388_608

    @inline(__always)
    init(bits: Int) {
        let width = UInt32(bits)
        let lanes = SIMD8<UInt32>(0, 1, 2, 3, 0, 1, 2, 3)
        shifts = lanes &* SIMD8(repeating: width)
        mask = SIMD8(repeating: (1 << width) - 1)
        halfShift = UInt64(4 * width)
    }

    /// (q − zero)·scale of the eight codes; the difference is exact.
    @inline(__always)
    func values(_ eight: UInt64, scale: Float, zero: Int32) -> SIMD8<Float> {
        let low = SIMD4<UInt32>(repeating: UInt32(truncatingIfNeeded: eight))
        let high = SIMD4<UInt32>(repeating: UInt32(truncatingIfNeeded: eight &>> halfShift))
        let codes = (SIMD8(lowHalf: low, highHalf: high) &>> shifts) & mask
        // Sound because both are eight times 32 bits, any of which are a float.
        let biased = unsafeBitCast(codes | SIMD8(repeating: Self.exponent.bitPattern), to: SIMD8<Float>.self)
        return (biased - SIMD8(repeating: Self.exponent + Float(zero))) * SIMD8(repeating: scale)
    }
}
