import Checkpoint
import Kernels

/// A weight of GPTQ's or AWQ's tools: w = (q − zero)·scale, the product rounded to the scales' type.
///
/// Their packages multiply integers by scales of 16 bits, which leaves a number of 16 bits; a model that was
/// evaluated by them had these weights, so they are what is read here.
struct GroupedCodeMatrix<Codes: ColumnCodes>: WeightMatrix {
    let rows: Int
    let columns: Int
    let codes: Codes
    let scales: GroupScales
    /// Groups × rows.
    let zeros: [UInt8]
    let groups: ColumnGroups

    var significantBits: Int { scales.type.significantBits }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        var (current, scale, zero) = (-1, Float(0), Float(0))
        for column in range {
            let group = groups[column]
            if group != current {
                current = group
                scale = scales.value(group: group, row: row)
                zero = Float(zeros[group * rows + row])
            }
            let value = (Float(codes.code(row: row, column: column)) - zero) * scale
            destination[column - range.lowerBound] = scales.type.roundedSigned(value)
        }
    }

    func pack(rows range: Range<Int>, columns part: Range<Int>, into panel: inout MutableSpan<Float>) {
        var (current, scale, zero) = (-1, SIMD16<Float>(), SIMD16<Float>())
        for column in part {
            let group = groups[column]
            if group != current {
                current = group
                for lane in 0..<range.count {
                    scale[lane] = scales.value(group: group, row: range.lowerBound + lane)
                    zero[lane] = Float(zeros[group * rows + range.lowerBound + lane])
                }
            }
            // Lanes beyond the last row keep a scale and a zero point of 0, and codes of 0.
            let values = (SIMD16<Float>(codes(range, column)) - zero) * scale
            panel.store(scales.type.rounded(values), at: (column - part.lowerBound) * 16)
        }
    }

    @inline(__always)
    private func codes(_ range: Range<Int>, _ column: Int) -> SIMD16<UInt32> {
        if range.count == 16 { return codes.sixteen(row: range.lowerBound, column: column) }
        var result = SIMD16<UInt32>()
        for row in range { result[row - range.lowerBound] = codes.code(row: row, column: column) }
        return result
    }
}

/// Scales stored groups × outputs.
struct GroupScales: Sendable {
    let bytes: TensorBytes
    let type: ScaleType
    let rows: Int

    init(bytes: TensorBytes, type: ScaleType, rows: Int) {
        (self.bytes, self.type, self.rows) = (bytes, type, rows)
    }

    /// Takes a tensor of the shape that the other tensors of the module ask for.
    init(_ tensor: Tensor, groups: Int, rows: Int) throws(CompressionError) {
        guard tensor.info.shape == [groups, rows] else {
            throw .wrongShape(tensor: tensor.info.name, found: tensor.info.shape, expected: "[\(groups), \(rows)]")
        }
        self.init(bytes: TensorBytes(tensor), type: try ScaleType(of: tensor), rows: rows)
    }

    @inline(__always)
    func value(group: Int, row: Int) -> Float { bytes.scale(group * rows + row, type) }
}

/// Which group each input of a weight belongs to.
enum ColumnGroups: Sendable {
    case consecutive(length: Int)
    case listed([Int32])

    @inline(__always)
    subscript(column: Int) -> Int {
        switch self {
        case .consecutive(let length): column / length
        case .listed(let groups): Int(groups[column])
        }
    }

    /// The groups as a `g_idx` tensor lists them.
    ///
    /// One that is 0 throughout though there are several groups says nothing: it is the unset buffer of tools that go
    /// by the order of the inputs, and is taken for that, as by ExLlama.
    init(listed tensor: Tensor, columns: Int, groups: Int, length: Int) throws(CompressionError) {
        let name = tensor.info.name
        guard tensor.info.type == .int32 else {
            throw .wrongType(tensor: name, found: tensor.info.type.rawValue, expected: "I32")
        }
        guard tensor.info.shape == [columns] else {
            throw .wrongShape(tensor: name, found: tensor.info.shape, expected: "[\(columns)]")
        }
        let list = tensor.withBytes { bytes in
            (0..<columns).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
        if let column = list.firstIndex(where: { $0 < 0 || $0 >= groups }) {
            throw .groupOutOfRange(tensor: name, column: column, found: Int(list[column]), groups: groups)
        }
        let isUnset = groups > 1 && list.allSatisfy { $0 == 0 }
        let isInOrder = list.indices.allSatisfy { Int(list[$0]) == $0 / length }
        self = isUnset || isInOrder ? .consecutive(length: length) : .listed(list)
    }
}
