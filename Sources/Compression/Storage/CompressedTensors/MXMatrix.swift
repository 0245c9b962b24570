import Kernels

/// A weight in one of the OCP Microscaling formats: w = element·2^(e − 127), e being a byte for every 32 elements of a row.
///
/// | format | elements | bytes of a row |
/// |---|---|---|
/// | mxfp4 | E2M1: 0, ½, 1, 1½, 2, 3, 4, 6 and the sign in bit 3 | columns/2, the first element in the low half |
/// | mxint8 | two's complement in 1/64 | columns |
///
/// The product is exact in float32. e = 255 is the format's NaN.
struct MXMatrix: WeightMatrix {
    let rows: Int
    let columns: Int
    private let format: MXFormat
    private let elements: TensorBytes
    private let exponents: TensorBytes

    /// Takes rows · columns elements, columns being a multiple of 32, and an exponent for each 32 of them.
    init(_ format: MXFormat, rows: Int, columns: Int, elements: TensorBytes, exponents: TensorBytes) {
        precondition(columns.isMultiple(of: MXFormat.block), "rows are of whole blocks")
        (self.rows, self.columns, self.format) = (rows, columns, format)
        (self.elements, self.exponents) = (elements, exponents)
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        var column = range.lowerBound
        while column < range.upperBound {
            let block = column / MXFormat.block
            let end = min((block + 1) * MXFormat.block, range.upperBound)
            let scale = MXFormat.scale(exponents.number(UInt8.self, at: row * (columns / MXFormat.block) + block))
            destination.withPart(column - range.lowerBound..<end - range.lowerBound) {
                decode(row * columns + column, scale: scale, into: &$0)
            }
            column = end
        }
    }

    @inline(__always)
    private func decode(_ first: Int, scale: Float, into target: inout MutableSpan<Float>) {
        elements.withSpan { elements in
            switch format {
            case .int8:
                let step = scale * 0x1p-6
                for index in 0..<target.count {
                    target[index] = Float(elements.number(Int8.self, at: first + index)) * step
                }
            case .fp4:
                let values = MXFormat.fp4Values * scale
                for index in first..<first + target.count {
                    let byte = elements.number(UInt8.self, at: index / 2)
                    target[index - first] = values[Int(index.isMultiple(of: 2) ? byte & 15 : byte >> 4)]
                }
            }
        }
    }
}

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
}
