import Checkpoint
package import JSON
import Kernels

extension NumberFormat {
    /// 8-bit floating-point numbers with a scale for every 128 × 128 weights.
    package static let fp8Block = NumberFormat(
        name: "fp8-block",
        summary: "8-bit floating point with 4 exponent bits and a scale for every 128 × 128 weights (DeepSeek)",
        values: .fixed(Float8.e4m3.levels), nominalBits: 8, usualGroup: .size(BlockFloat8Rounding.block),
        groups: [.size(BlockFloat8Rounding.block)], rounding: BlockFloat8Rounding())
}

/// Round to the nearest of 8-bit floating-point numbers, 128 outputs × 128 inputs sharing a scale of max|w|/448.
///
/// The last blocks of a weight may be cut off. Scales and elements are `Float8Rounding`'s; stored in compressed-tensors'
/// `float-quantized` with the strategy `block`, as others keep DeepSeek's weights.
package struct BlockFloat8Rounding: SingleSpecCompressor {
    static let block = 128

    private static func blocks(_ count: Int) -> Int { (count + block - 1) / block }

    /// 2: the product with the scale is no longer rounded to the scale's type.
    package func revision(_ spec: Spec) -> Int { 2 }

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        return [
            StoredLayout(suffix: "weight", type: .float8E4M3, shape: [rows, columns]),
            StoredLayout(
                suffix: "weight_scale", type: spec.scaleType(checkpoint: layer.scaleType).elementType,
                shape: [Self.blocks(rows), Self.blocks(columns)]),
        ]
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        QuantizationConfiguration.json(
            .floats, bits: 8, spec, strategy: "block", block: [Self.block, Self.block], ignored: ignored)
    }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        let layout = try layout(layer, spec)
        let storages = layout.map { StoredBytes(byteCount: $0.byteCount) }
        let (elements, scales) = (storages[0], storages[1])
        let (rows, columns, weight) = (layer.weight.rows, layer.weight.columns, try layer.finiteValues())
        let type = spec.scaleType(checkpoint: layer.scaleType)
        let perRow = Self.blocks(columns)
        _ = try Parallel.map(Self.blocks(rows)) { (blockRow) throws(CompressionError) in
            let part = blockRow * Self.block..<min(rows, (blockRow + 1) * Self.block)
            for block in 0..<perRow {
                let place = block * Self.block..<min(columns, (block + 1) * Self.block)
                let largest = part.reduce(Float(0)) { largest, row in
                    weight.readRow(row) { values in
                        let extremes = RowRounding.extremes(values.extracting(place))
                        return max(largest, -extremes.low, extremes.high)
                    }
                }
                let scale = try Float8Rounding.scale(largest, .e4m3, type, layer.name, part.lowerBound)
                scales.store(scale, type, at: blockRow * perRow + block)
                for row in part {
                    weight.readRow(row) { values in
                        for column in place {
                            elements.store(Float8.e4m3.code(values[column] / scale), at: row * columns + column)
                        }
                    }
                }
            }
        }
        return CompressedWeight(
            tensors: zip(layout, storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: ScaledElementMatrix(
                rows: rows, columns: columns, element: .float(.float8E4M3), bytes: elements, scales: scales,
                scaleType: type,
                layout: .init(rowLength: Self.block, columnLength: Self.block, perRow: perRow)))
    }
}
