import Checkpoint
import Kernels

/// A weight in compressed-tensors' `nvfp4-pack-quantized`: w = element·(scale/g).
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `weight_packed` | U8 | rows × columns/2: E2M1 as in `MXMatrix`, the first element in the low half |
/// | `weight_scale` | F8_E4M3 | rows × columns/16 |
/// | `weight_global_scale` | F32 | 1: g |
struct NVFP4Matrix: WeightMatrix {
    let rows: Int
    let columns: Int
    private let elements: TensorBytes
    private let scales: TensorBytes
    private let global: Float

    /// Takes rows · columns elements, columns being a multiple of 16, and a scale for each 16 of them.
    init(rows: Int, columns: Int, elements: TensorBytes, scales: TensorBytes, global: Float) {
        precondition(columns.isMultiple(of: NVFP4.block), "rows are of whole blocks")
        (self.rows, self.columns) = (rows, columns)
        (self.elements, self.scales, self.global) = (elements, scales, global)
    }

    /// Takes a module's tensors, which must have the shapes that the format asks for.
    init(_ module: ModuleTensors) throws(CompressionError) {
        let packed = try module.tensor("weight_packed", type: .uint8)
        let shape = try packed.twoSizes()
        let scales = try module.tensor("weight_scale", type: .float8E4M3)
        let (rows, columns) = (shape[0], 2 * shape[1])
        guard columns.isMultiple(of: NVFP4.block), scales.info.shape == [rows, columns / NVFP4.block] else {
            throw .wrongShape(
                tensor: scales.info.name, found: scales.info.shape, expected: "[\(rows), \(columns)/16]")
        }
        let tensor = try module.tensor("weight_global_scale", type: .float32, count: 1)
        let global = TensorBytes(tensor).scale(0, .float32)
        guard global.isFinite, global > 0 else { throw .notFinite(tensor: tensor.info.name, row: 0, column: 0) }
        try module.expectZeros("weight_zero_point")
        self.init(
            rows: rows, columns: columns, elements: TensorBytes(packed), scales: TensorBytes(scales), global: global)
    }

    func decode(row: Int, columns range: Range<Int>, into destination: inout MutableSpan<Float>) {
        elements.withSpan { elements in
            var column = range.lowerBound
            while column < range.upperBound {
                let block = column / NVFP4.block
                let code = scales.number(UInt8.self, at: row * (columns / NVFP4.block) + block)
                let values = MXFormat.fp4Values * (Float8.e4m3Values[Int(code)] / global)
                let end = min((block + 1) * NVFP4.block, range.upperBound)
                for place in column..<end {
                    let byte = elements.number(UInt8.self, at: (row * columns + place) / 2)
                    destination[place - range.lowerBound] = values[Int(place.isMultiple(of: 2) ? byte & 15 : byte >> 4)]
                }
                column = end
            }
        }
    }
}
