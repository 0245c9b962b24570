import Checkpoint
import Kernels

/// The 8-bit floating-point formats that weights are rounded to (OCP 8-bit FP 1.0).
package enum Float8: String, Sendable, Hashable, CaseIterable {
    /// Four exponent bits, three of fraction, to 448; no infinities.
    case e4m3 = "fp8-e4m3"
    /// Five exponent bits, two of fraction, to 57344.
    case e5m2 = "fp8-e5m2"

    /// The largest finite value.
    var largest: Float { self == .e4m3 ? 448 : 57_344 }

    var elementType: ElementType { self == .e4m3 ? .float8E4M3 : .float8E5M2 }

    var floatType: FloatType { self == .e4m3 ? .float8E4M3 : .float8E5M2 }

    private var fractionBits: UInt32 { self == .e4m3 ? 3 : 2 }
    private var bias: UInt32 { self == .e4m3 ? 7 : 15 }

    /// The nearest value's byte, half to even; what lies beyond the largest finite value becomes it.
    ///
    /// Not for NaN.
    package func code(_ value: Float) -> UInt8 {
        let magnitude = min(value.magnitude, largest)
        let sign: UInt8 = value.sign == .minus ? 0x80 : 0
        let least = Float(bitPattern: (128 - bias) << 23)
        guard magnitude >= least else {
            // Below the least normal value all steps are alike, and float32 has that step at 2²³ of them.
            let steps = magnitude / least * Float(1 << fractionBits)
            return sign | UInt8((steps + 0x1p23) - 0x1p23)
        }
        let (bits, shift) = (magnitude.bitPattern, 23 - fractionBits)
        let rounded = bits + (1 << (shift - 1)) - 1 + (bits >> shift & 1)
        return sign | UInt8(truncatingIfNeeded: rounded >> shift - (127 - bias) << fractionBits)
    }

    /// The value of each byte of E4M3, NaN for 0x7f and 0xff.
    static let e4m3Values: [Float] = {
        let codes = (0...255).map { UInt8($0) }
        var values = [Float](repeating: 0, count: 256)
        var span = values.mutableSpan
        FloatType.float8E4M3.decode(codes.span.bytes, into: &span)
        return values
    }()

    /// The nearest value of E4M3, half to even; what lies beyond 448 becomes it.
    ///
    /// Not for NaN.
    @inline(__always)
    package static func e4m3(_ value: Float) -> Float { e4m3Values[Int(Float8.e4m3.code(value))] }

    /// All finite values, by rising size.
    var levels: [Float] {
        let positive = (1...code(largest)).map(value)
        return positive.reversed().map { -$0 } + [0] + positive
    }

    /// The value of a byte of a positive number.
    private func value(_ code: UInt8) -> Float {
        let (exponent, fraction) = (Int(code >> fractionBits), Float(code & (1 << fractionBits - 1)))
        let unit = Float(sign: .plus, exponent: -Int(fractionBits), significand: 1)
        return exponent == 0
            ? Float(sign: .plus, exponent: 1 - Int(bias), significand: fraction * unit)
            : Float(sign: .plus, exponent: exponent - Int(bias), significand: 1 + fraction * unit)
    }
}
