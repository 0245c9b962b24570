extension ScaleType {
    /// The nearest value of this type to one of either sign, half to even.
    @inlinable
    @inline(__always)
    package func roundedSigned(_ value: Float) -> Float {
        self == .float32 ? value : Float(signOf: value, magnitudeOf: rounded(value.magnitude))
    }

    /// The nearest values of this type, half to even; those beyond float16 become infinite.
    @inlinable
    @inline(__always)
    package func rounded(_ values: SIMD16<Float>) -> SIMD16<Float> {
        SIMD16(lowHalf: rounded(values.lowHalf), highHalf: rounded(values.highHalf))
    }

    /// The nearest values of this type, half to even; those beyond float16 become infinite.
    ///
    /// Choices are made by sign masks: the compiler makes comparisons of lanes one by one here.
    @inlinable
    @inline(__always)
    package func rounded(_ values: SIMD8<Float>) -> SIMD8<Float> {
        let bits = unsafeBitCast(values, to: SIMD8<Int32>.self)
        let magnitude = bits & SIMD8(repeating: 0x7fff_ffff)
        let sign = bits & SIMD8(repeating: .min)
        switch self {
        case .float32: return values
        case .bfloat16:
            let odd = magnitude &>> SIMD8(repeating: 16) & SIMD8(repeating: 1)
            let rounded = (magnitude &+ odd &+ SIMD8(repeating: 0x7fff)) & SIMD8(repeating: ~0xffff)
            return unsafeBitCast(magnitude.choosing(rounded, below: 0x7f80_0000) | sign, to: SIMD8<Float>.self)
        case .float16: return unsafeBitCast(Self.float16(magnitude) | sign, to: SIMD8<Float>.self)
        }
    }

    /// The bits of positive values to those of float16 and back, by the two ways of the scalar function, chosen lane by
    /// lane.
    @inlinable
    @inline(__always)
    static func float16(_ bits: SIMD8<Int32>) -> SIMD8<Int32> {
        let small = (unsafeBitCast(bits, to: SIMD8<Float>.self) + 0.5) - 0.5
        let odd = bits &>> SIMD8(repeating: 13) & SIMD8(repeating: 1)
        let usual = (bits &+ odd &+ SIMD8(repeating: 0xfff)) & SIMD8(repeating: ~0x1fff)
        let infinity = SIMD8(repeating: Int32(bitPattern: Float.infinity.bitPattern))
        let least = Int32(bitPattern: Float(0x1p-14).bitPattern)
        let tooLarge = Int32(bitPattern: Float(65_520).bitPattern)
        let ofSmall = unsafeBitCast(small, to: SIMD8<Int32>.self)
        let large = infinity ^ ((infinity ^ usual) & bits.mask(below: tooLarge))
        return large ^ ((large ^ ofSmall) & bits.mask(below: least))
    }
}

extension SIMD8<Int32> {
    /// All ones in the lanes below `bound`; none of them nor the bound are negative.
    @inlinable
    @inline(__always)
    func mask(below bound: Int32) -> Self { (self &- bound) &>> SIMD8(repeating: 31) }

    /// The lanes of `other` where those of this are below `bound`, else these.
    @inlinable
    @inline(__always)
    func choosing(_ other: Self, below bound: Int32) -> Self {
        self ^ ((self ^ other) & mask(below: bound))
    }
}
