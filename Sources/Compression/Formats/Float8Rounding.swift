import Checkpoint
package import JSON
import Kernels

/// Round to the nearest of 8-bit floating-point numbers: w = element·scale, scale = max|w|/largest element.
///
/// The scale is rounded to its stored type before it is used, elements are w/scale in float32, half to even, and those
/// beyond the largest become the largest; a group of zeros has scale 1. The product in float32 is the weight
/// (`ScaledElementMatrix`), as transformers has it in a model of that type.
///
/// e4m3 is stored in compressed-tensors' `float-quantized`. That has no e5m2, which has the same tensors in a layout of
/// our own (`Float8E5M2Layout`) with scales in float32: most of max|w|/57344 would be too small for float16.
package struct Float8Rounding: SingleSpecCompressor {
    private let format: Float8

    init(_ format: Float8) { self.format = format }

    /// 2: the product with the scale is no longer rounded to the scale's type, which changes nothing where that is float32.
    package func revision(_ spec: Spec) -> Int { (spec.scales ?? spec.format.scaleType) == .float32 ? 1 : 2 }

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        let length = try PackQuantizedGeometry.groupLength(layer, spec)
        return [
            StoredLayout(suffix: "weight", type: format.elementType, shape: [rows, columns]),
            StoredLayout(
                suffix: "weight_scale", type: spec.scaleType(checkpoint: layer.scaleType).elementType,
                shape: [rows, columns / max(1, length)]),
        ]
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        format == .e4m3
            ? QuantizationConfiguration.json(.floats, bits: 8, spec, ignored: ignored)
            : Float8E5M2Layout.configuration(ignored: ignored)
    }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        let (layout, format) = (try layout(layer, spec), format)
        let scaleType = spec.scaleType(checkpoint: layer.scaleType)
        let storages = layout.map { StoredBytes(byteCount: $0.byteCount) }
        let (elements, scales) = (storages[0], storages[1])
        let columns = layer.weight.columns
        let length = try PackQuantizedGeometry.groupLength(layer, spec)
        try layer.forEachRow { (row, values) throws(CompressionError) in
            for start in stride(from: 0, to: columns, by: length) {
                let group = values.extracting(start..<start + length)
                let extremes = RowRounding.extremes(group)
                let scale = try Self.scale(max(-extremes.low, extremes.high), format, scaleType, layer.name, row)
                let first = row * columns + start
                scales.store(scale, scaleType, at: first / length)
                for index in group.indices { elements.store(format.code(group[index] / scale), at: first + index) }
            }
        }
        return CompressedWeight(
            tensors: zip(layout, storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: ScaledElementMatrix(
                rows: layer.weight.rows, columns: columns, element: .float(format.floatType), bytes: elements,
                scales: scales, scaleType: scaleType, groupLength: length))
    }

    /// The rounded scale of a group, with which its largest element must be within the scales' type as well.
    static func scale(
        _ largest: Float, _ format: Float8, _ type: ScaleType, _ tensor: String, _ row: Int
    ) throws(CompressionError) -> Float {
        guard largest > 0 else { return 1 }
        let scale = max(type.rounded(largest / format.largest), type.leastPositive)
        guard type.rounded(scale * format.largest).isFinite else {
            throw .scaleOutOfRange(tensor: tensor, row: row, scaleType: type.rawValue)
        }
        return scale
    }
}
