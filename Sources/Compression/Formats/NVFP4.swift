import Checkpoint
package import JSON
import Kernels

extension NumberFormat {
    /// NVIDIA's 4-bit floating-point numbers: E2M1 with 8-bit scales and one scale for a weight.
    package static let nvfp4 = NumberFormat(
        name: "nvfp4",
        summary: "4-bit floating point (E2M1) with an E4M3 scale for every 16 weights and one for all (NVIDIA)",
        values: .fixed(MXFormat.fp4.levels), nominalBits: 4, usualGroup: .size(NVFP4.block),
        groups: [.size(NVFP4.block)], takesScaleType: false, rounding: NVFP4())
}

/// Round to NVFP4: w = element·(scale/g), element being E2M1, scale E4M3 for every 16 weights of a row, g float32 for all.
///
/// As compressed-tensors does it in float32: g = 448·6/max|w| over the weight and those with the same inputs (queries, keys
/// and values; gate and up), 1 where that is infinite; scale = g·(max|w of 16|/6) rounded to E4M3, 1/8 where that is 0;
/// elements are w/(scale/g), half to even, those beyond 6 become 6. Stored as its `nvfp4-pack-quantized` (`NVFP4Matrix`).
package struct NVFP4: SingleSpecCompressor {
    package static let block = 16
    /// The largest product of an element and a scale: what the largest weight is mapped to.
    private static let largest: Float = 448 * 6

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        guard columns.isMultiple(of: Self.block) else {
            throw .unsupported(
                spec: spec.name,
                reason: "tensor '\(layer.name)' has rows of \(columns) weights, which blocks of 16 do not divide; "
                    + "formats with groups of any size would do, such as bits: 4")
        }
        return [
            StoredLayout(suffix: "weight_packed", type: .uint8, shape: [rows, columns / 2]),
            StoredLayout(suffix: "weight_scale", type: .float8E4M3, shape: [rows, columns / Self.block]),
            StoredLayout(suffix: "weight_global_scale", type: .float32, shape: [1]),
        ]
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        QuantizationConfiguration.json(
            .nvfp4, bits: 4, spec, scaleType: "torch.float8_e4m3fn", strategy: "tensor_group", ignored: ignored)
    }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        let layout = try layout(layer, spec)
        let storages = layout.map { StoredBytes(byteCount: $0.byteCount) }
        let (elements, scales, columns) = (storages[0], storages[1], layer.weight.columns)
        let global = Self.globalScale(largest: layer.stack?.largestMagnitude ?? layer.weight.largestMagnitude)
        guard (6 * (448 / global)).isFinite else {
            // A weight that is not finite is named, where it is one of this layer's.
            try layer.forEachRow { _, _ in }
            throw .scaleOutOfRange(tensor: layer.name, row: 0, scaleType: ScaleType.float32.rawValue)
        }
        storages[2].store(global, at: 0)
        try layer.forEachRow { (row, values) in
            for start in stride(from: 0, to: columns, by: Self.block) {
                let first = row * columns + start
                let block = values.extracting(start..<start + Self.block)
                let extremes = RowRounding.extremes(block)
                let code = Self.scale(largest: max(-extremes.low, extremes.high), global: global)
                let scale = Float8.e4m3Values[Int(code)] / global
                scales.store(code, at: first / Self.block)
                for pair in 0..<Self.block / 2 {
                    let (low, high) = (MXFormat.fp4(block[2 * pair] / scale), MXFormat.fp4(block[2 * pair + 1] / scale))
                    elements.store(low | high << 4, at: first / 2 + pair)
                }
            }
        }
        return CompressedWeight(
            tensors: zip(layout, storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: NVFP4Matrix(
                rows: layer.weight.rows, columns: columns, elements: TensorBytes(elements),
                scales: TensorBytes(scales), global: global))
    }

    /// 448·6/max|w|; 1 for weights that are all 0, or so small that it would be infinite.
    package static func globalScale(largest: Float) -> Float {
        // As torch divides a number by a tensor: by its inverse.
        let scale = Self.largest * (1 / max(largest, .leastNormalMagnitude))
        return scale.isFinite ? scale : 1
    }

    /// Rounds a block of inputs in place.
    package static func round(_ values: UnsafeMutableBufferPointer<Float>, global: Float) {
        let largest = values.reduce(Float(0)) { max($0, $1.magnitude) }
        guard largest.isFinite else { return }
        let scale = Float8.e4m3Values[Int(scale(largest: largest, global: global))] / global
        for index in values.indices {
            values[index] = MXFormat.fp4Values[Int(MXFormat.fp4(values[index] / scale))] * scale
        }
    }

    /// The byte of a block's scale; a block of zeros has 1/8, the least that compressed-tensors has.
    package static func scale(largest: Float, global: Float) -> UInt8 {
        let code = Float8.e4m3.code(global * (largest / 6))
        return code == 0 ? Float8.e4m3.code(0.125) : code
    }
}

extension WeightMatrix {
    /// The greatest magnitude of all weights.
    var largestMagnitude: Float {
        let rowsPerTask = max(1, 65_536 / max(1, columns))
        let largest = Parallel.map((rows + rowsPerTask - 1) / rowsPerTask) { task in
            withScratch(columns, of: Float(0)) { values in
                (task * rowsPerTask..<min(rows, (task + 1) * rowsPerTask)).reduce(Float(0)) { largest, row in
                    decode(row: row, columns: 0..<columns, into: &values)
                    let extremes = RowRounding.extremes(values.span)
                    return max(largest, -extremes.low, extremes.high)
                }
            }
        }
        return largest.max() ?? 0
    }
}
