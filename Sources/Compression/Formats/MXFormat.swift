import Kernels

/// The OCP Microscaling formats (OCP MX specification 1.0) that weights are rounded to.
package enum MXFormat: String, Sendable, Hashable, CaseIterable {
    case fp4 = "mxfp4"
    case fp6 = "mxfp6"
    case fp8 = "mxfp8"
    case int8 = "mxint8"

    /// The elements that share an exponent.
    package static let block = 32

    /// The value of each code of E2M1.
    static let fp4Values = SIMD16<Float>(0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6)

    /// The value of each code of E2M3.
    static let fp6Values: [Float] = {
        let positive = (0..<32).map { (code: Int) -> Float in
            let exponent = code / 8
            let eighths = exponent == 0 ? code : (8 + code % 8) << (exponent - 1)
            return Float(eighths) / 8
        }
        return positive + positive.map { -$0 }
    }()

    /// 2^(e − 127), NaN for 255.
    static func scale(_ exponent: UInt8) -> Float {
        switch exponent {
        case 0: 0x1p-127
        case 255: .nan
        default: Float(bitPattern: UInt32(exponent) << 23)
        }
    }

    /// The bits of an element.
    var bits: Int {
        switch self {
        case .fp4: 4
        case .fp6: 6
        case .fp8, .int8: 8
        }
    }

    /// The exponent of the largest power of two that an element can be.
    private var largestExponent: Int {
        switch self {
        case .fp4, .fp6: 2
        case .fp8: 8
        case .int8: 0
        }
    }

    /// The specification's exponent for a block: ⌊log₂ max|w|⌋ less that of the element's largest power of two; 127, a
    /// scale of 1, for a block of zeros.
    func exponent(largest: Float) -> UInt8 {
        guard largest > 0 else { return 127 }
        return UInt8(min(max(Int(largest.exponent) - largestExponent + 127, 0), 254))
    }

    /// Rounds values to elements, half to even; those beyond the largest become the largest.
    func round(_ values: Span<Float>, exponent: UInt8, into elements: inout MutableSpan<UInt8>) {
        let scale = Self.scale(exponent)
        for index in values.indices {
            // Exact but for results too small to matter: a division by a power of two.
            let value = values[index] / scale
            elements[index] =
                switch self {
                case .fp4: Self.fp4(value)
                case .fp6: Self.fp6(value)
                case .fp8: Float8.e4m3.code(value)
                case .int8: Self.int8(value)
                }
        }
    }

    private static func int8(_ value: Float) -> UInt8 {
        UInt8(bitPattern: Int8(min(max((value * 64).rounded(.toNearestOrEven), -127), 127)))
    }

    /// The code of E2M1: of two equally near magnitudes the one with an even code, as compressed-tensors has it.
    static func fp4(_ value: Float) -> UInt8 {
        let magnitude = value.magnitude
        var code: UInt8 = 0
        code += magnitude > 0.25 ? 1 : 0
        code += magnitude >= 0.75 ? 1 : 0
        code += magnitude > 1.25 ? 1 : 0
        code += magnitude >= 1.75 ? 1 : 0
        code += magnitude > 2.5 ? 1 : 0
        code += magnitude >= 3.5 ? 1 : 0
        code += magnitude > 5 ? 1 : 0
        return code | (value < 0 ? 8 : 0)
    }

    /// The code of E2M3: multiples of 1/8 below 2, of 1/4 below 4, of 1/2 to 7½, as many codes apart.
    private static func fp6(_ value: Float) -> UInt8 {
        let magnitude = min(value.magnitude, 7.5)
        let (perStep, first, least): (Float, Float, Float) =
            magnitude < 2 ? (8, 0, 0) : magnitude < 4 ? (4, 16, 2) : (2, 24, 4)
        // The steps below a power of two are whole numbers of those above, so rounding up to it gives its own code.
        let code = (magnitude * perStep).rounded(.toNearestOrEven) - least * perStep + first
        return UInt8(code) | (value.sign == .minus ? 32 : 0)
    }

    /// An element's value before the scale.
    @inline(__always)
    func value(_ element: UInt8) -> Float {
        switch self {
        case .fp4: Self.fp4Values[Int(element)]
        case .fp6: Self.fp6Values[Int(element & 63)]
        case .fp8: Float8.e4m3Values[Int(element)]
        case .int8: Float(Int8(bitPattern: element)) * 0x1p-6
        }
    }

    /// All values before the scale, by rising size.
    var levels: [Float] {
        switch self {
        case .fp4: Set((0..<16).map { Self.fp4Values[$0] }).sorted()
        case .fp6: Set(Self.fp6Values).sorted()
        case .fp8: Float8.e4m3.levels
        case .int8: (-127...127).map { Float($0) * 0x1p-6 }
        }
    }
}
