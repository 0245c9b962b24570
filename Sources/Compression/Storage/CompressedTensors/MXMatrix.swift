import Checkpoint
import Kernels

/// A weight in one of the OCP Microscaling formats: w = element·2^(e − 127), e being a byte for every 32 elements of a row.
///
/// | format | elements | bytes of a row |
/// |---|---|---|
/// | mxfp4 | E2M1: 0, ½, 1, 1½, 2, 3, 4, 6 and the sign in bit 3 | columns/2, the first element in the low half |
/// | mxfp6 | E2M3: magnitudes of five bits and the sign in bit 5 | 3·columns/4: four codes in three bytes, the first lowest |
/// | mxfp8 | E4M3 | columns |
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
            case .fp8:
                FloatType.float8E4M3.decode(elements.extracting(first..<first + target.count), into: &target)
                for index in 0..<target.count { target[index] *= scale }
            case .fp6:
                for index in first..<first + target.count {
                    let (byte, shift) = (index * 6 / 8, UInt16(index * 6 % 8))
                    // A code that begins at bit 4 or 6 ends in the next byte, which is of the same four codes.
                    let next = shift > 2 ? UInt16(elements.number(UInt8.self, at: byte + 1)) << 8 : 0
                    let code = (UInt16(elements.number(UInt8.self, at: byte)) | next) >> shift & 63
                    target[index - first] = MXFormat.fp6Values[Int(code)] * scale
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

extension MXMatrix {
    /// Takes a module's elements in compressed-tensors' layout, and its `weight_scale`.
    init(_ format: MXFormat, _ module: ModuleTensors) throws(CompressionError) {
        let isPacked = format.bits < 8
        let type: ElementType = isPacked ? .uint8 : format == .int8 ? .int8 : .float8E4M3
        let elements = try module.tensor(isPacked ? "weight_packed" : "weight", type: type)
        let (shape, perRow) = (try elements.twoSizes(), try elements.twoSizes()[1] * 8 / format.bits)
        guard (perRow * format.bits).isMultiple(of: 8), perRow * format.bits == shape[1] * 8 else {
            throw .wrongShape(
                tensor: elements.info.name, found: shape, expected: "rows of whole codes of \(format.bits) bits")
        }
        try module.expectZeros("weight_zero_point")
        try self.init(format, elements, rows: shape[0], columns: perRow, scales: module.tensor("weight_scale"))
    }

    /// Takes a module's tensors, which must have the shapes that the format asks for.
    init(
        _ format: MXFormat, _ elements: Tensor, rows: Int, columns: Int, scales: Tensor
    ) throws(CompressionError) {
        let expected = [rows, columns / MXFormat.block]
        guard columns.isMultiple(of: MXFormat.block), scales.info.shape == expected else {
            throw .wrongShape(
                tensor: scales.info.name, found: scales.info.shape, expected: "[\(rows), \(columns)/32]")
        }
        guard scales.info.type == .uint8 else {
            throw .wrongType(tensor: scales.info.name, found: scales.info.type.rawValue, expected: "U8")
        }
        self.init(
            format, rows: rows, columns: columns, elements: TensorBytes(elements), exponents: TensorBytes(scales))
    }
}
