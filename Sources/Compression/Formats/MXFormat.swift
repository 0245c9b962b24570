/// The OCP Microscaling formats (OCP MX specification 1.0) that weights are rounded to.
package enum MXFormat: String, Sendable, Hashable, CaseIterable {
    case fp4 = "mxfp4"
    case int8 = "mxint8"

    /// The elements that share an exponent.
    package static let block = 32

    /// The value of each code of E2M1.
    static let fp4Values = SIMD16<Float>(0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6)

    /// 2^(e − 127), NaN for 255.
    static func scale(_ exponent: UInt8) -> Float {
        switch exponent {
        case 0: 0x1p-127
        case 255: .nan
        default: Float(bitPattern: UInt32(exponent) << 23)
        }
    }

    /// The bits of an element.
    var bits: Int { self == .fp4 ? 4 : 8 }

    /// The exponent of the largest power of two that an element can be.
    private var largestExponent: Int { self == .fp4 ? 2 : 0 }

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
            elements[index] = self == .fp4 ? Self.fp4(value) : Self.int8(value)
        }
    }

    private static func int8(_ value: Float) -> UInt8 {
        UInt8(bitPattern: Int8(min(max((value * 64).rounded(.toNearestOrEven), -127), 127)))
    }

    /// Of two equally near magnitudes the one with an even code, as compressed-tensors has it.
    private static func fp4(_ value: Float) -> UInt8 {
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

    /// An element's value before the scale.
    @inline(__always)
    func value(_ element: UInt8) -> Float {
        self == .fp4 ? Self.fp4Values[Int(element)] : Float(Int8(bitPattern: element)) * 0x1p-6
    }

    /// All values before the scale, by rising size.
    var levels: [Float] {
        switch self {
        case .fp4: Set((0..<16).map { Self.fp4Values[$0] }).sorted()
        case .int8: (-127...127).map { Float($0) * 0x1p-6 }
        }
    }
}
