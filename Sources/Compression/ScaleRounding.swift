import Checkpoint

extension ScaleType {
    /// The type of a tensor of scales.
    init(of tensor: Tensor) throws(CompressionError) {
        guard let type = Self.allCases.first(where: { $0.elementType == tensor.info.type }) else {
            throw .wrongType(
                tensor: tensor.info.name, found: tensor.info.type.rawValue, expected: "F16, BF16 or F32")
        }
        self = type
    }

    /// The nearest value of this type to one of either sign, half to even.
    @inline(__always)
    func roundedSigned(_ value: Float) -> Float {
        self == .float32 ? value : Float(signOf: value, magnitudeOf: rounded(value.magnitude))
    }

    /// The nearest values of this type, half to even; those beyond float16 become infinite.
    @inline(__always)
    func rounded(_ values: SIMD16<Float>) -> SIMD16<Float> {
        switch self {
        case .float32: return values
        case .bfloat16:
            let bits = unsafeBitCast(values, to: SIMD16<UInt32>.self)
            let odd = bits &>> SIMD16(repeating: 16) & SIMD16(repeating: 1)
            let rounded = (bits &+ odd &+ SIMD16(repeating: 0x7fff)) & SIMD16(repeating: 0xffff_0000)
            let isFinite = bits & SIMD16(repeating: 0x7f80_0000) .!= SIMD16(repeating: 0x7f80_0000)
            return unsafeBitCast(bits.replacing(with: rounded, where: isFinite), to: SIMD16<Float>.self)
        case .float16: return Self.float16(values)
        }
    }

    /// To float16 and back, by the two ways of the scalar function, chosen lane by lane.
    @inline(__always)
    private static func float16(_ values: SIMD16<Float>) -> SIMD16<Float> {
        let bits = unsafeBitCast(values, to: SIMD16<UInt32>.self)
        let sign = bits & SIMD16(repeating: 0x8000_0000)
        let magnitudeBits = bits & SIMD16(repeating: 0x7fff_ffff)
        let magnitude = unsafeBitCast(magnitudeBits, to: SIMD16<Float>.self)
        let small = (magnitude + 0.5) - 0.5
        let odd = magnitudeBits &>> SIMD16(repeating: 13) & SIMD16(repeating: 1)
        let usual = (magnitudeBits &+ odd &+ SIMD16(repeating: 0xfff)) & SIMD16(repeating: 0xffff_e000)
        var result = unsafeBitCast(usual, to: SIMD16<Float>.self)
        result.replace(with: small, where: magnitude .< SIMD16(repeating: 0x1p-14))
        result.replace(with: .infinity, where: magnitude .>= SIMD16(repeating: 65_520))
        return unsafeBitCast(unsafeBitCast(result, to: SIMD16<UInt32>.self) | sign, to: SIMD16<Float>.self)
    }
}
