import Checkpoint
import Kernels

extension MaskedMatrix {
    /// Opens the matrix of a module whose tensors begin with `name`, as `MaskedGeometry` describes them.
    init(_ module: ModuleTensors, _ name: String, _ codes: QidCodes?) throws(CompressionError) {
        let shape = try module.sizes(name + "_shape")
        let (rows, columns) = (shape[0], shape[1])
        let mask = try module[name + "_mask"].map { (mask) throws(CompressionError) in
            guard mask.info.type == .uint8 else {
                throw .wrongType(tensor: mask.info.name, found: mask.info.type.rawValue, expected: "U8")
            }
            return mask
        }
        let stored = try module.tensor(codes == nil ? name + "_values" : name + "_packed")
        let coding = try Self.coding(module, name, codes, rows: rows, columns: columns)
        let count = try Self.storedCount(mask, stored, coding, rows: rows, columns: columns)
        let geometry = MaskedGeometry(
            name: name, rows: rows, columns: columns, kept: mask == nil ? nil : count, coding: coding)
        for layout in geometry.layout {
            let tensor = try module.tensor(layout.suffix, type: layout.type)
            guard tensor.info.shape == layout.shape else {
                throw .wrongShape(tensor: tensor.info.name, found: tensor.info.shape, expected: "\(layout.shape)")
            }
        }
        let matrix = MaskedMatrix(
            geometry, mask: mask.map { TensorBytes($0) }, stored: TensorBytes(stored),
            scales: try codes.map { (_) throws(CompressionError) in TensorBytes(try module.tensor(name + "_scale")) },
            zeros: codes?.symmetric == false ? TensorBytes(try module.tensor(name + "_zero_point")) : nil)
        guard let matrix else {
            throw .wrongShape(
                tensor: stored.info.name, found: stored.info.shape, expected: "as many values as the mask keeps")
        }
        self = matrix
    }

    private static func coding(
        _ module: ModuleTensors, _ name: String, _ codes: QidCodes?, rows: Int, columns: Int
    ) throws(CompressionError) -> MaskedGeometry.Coding {
        guard let codes else { return .values(try ScaleType(of: module.tensor(name + "_values"))) }
        let scale = try module.tensor(name + "_scale")
        let shape = scale.info.shape
        guard shape.count == 2, shape[0] == rows, shape[1] > 0, columns.isMultiple(of: shape[1]) else {
            throw .wrongShape(
                tensor: scale.info.name, found: shape,
                expected: "[\(rows), groups] with groups that divide \(columns) columns")
        }
        return .codes(
            bits: codes.bits, symmetric: codes.symmetric, groupLength: columns / shape[1],
            scaleType: try ScaleType(of: scale))
    }

    /// How many values are stored, by the mask, whose shape is compared first.
    private static func storedCount(
        _ mask: Tensor?, _ stored: Tensor, _ coding: MaskedGeometry.Coding, rows: Int, columns: Int
    ) throws(CompressionError) -> Int {
        guard let mask else { return rows * columns }
        let perRow = (columns + 7) / 8
        guard mask.info.shape == [rows, perRow] else {
            throw .wrongShape(tensor: mask.info.name, found: mask.info.shape, expected: "[\(rows), \(perRow)]")
        }
        return mask.withBytes { bytes in
            var sum = 0
            for row in 0..<rows {
                for byte in 0..<perRow {
                    var bits = bytes[row * perRow + byte]
                    if byte == perRow - 1, columns % 8 != 0 { bits &= 1 << UInt8(columns % 8) - 1 }
                    sum += bits.nonzeroBitCount
                }
            }
            return sum
        }
    }
}

extension ModuleTensors {
    /// Two sizes out of a tensor of I64, small enough that bits of their product can be counted.
    func sizes(_ piece: String) throws(CompressionError) -> [Int] {
        let tensor = try tensor(piece, type: .int64, count: 2)
        let sizes = tensor.withBytes { bytes in
            (0..<2).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
        }
        guard sizes.allSatisfy({ (1...Int64(Int32.max)).contains($0) }), sizes[0] * sizes[1] < 1 << 48 else {
            throw .wrongShape(
                tensor: tensor.info.name, found: sizes.map { Int(clamping: $0) },
                expected: "two sizes from 1 to 2147483647 whose product is below 2^48")
        }
        return sizes.map { Int($0) }
    }
}
