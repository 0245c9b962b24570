package import JSON
import Kernels

/// Ternary and binary weights: a sign, for ternary also zero, times one scale a group.
///
/// γ = mean|w| of the group, rounded to its stored type. Binary: w → γ·sign(w), zero counting as positive; γ is
/// the least-squares scale as well (BiTAT, 2207.01394). Ternary: w → γ·clamp(round(w/γ), −1, 1), half to even, which is
/// a threshold of γ/2 (BitNet b1.58's absmean, 2402.17764). A group of zeros stays zero. With `scaleSearch` ternary takes
/// the scale of least squared error: of the m largest magnitudes with sum S, m is chosen for the greatest S²/m, and the scale is S/m.
///
/// Stored in the layout `levels` (`CodebookGeometry`) with the tables −1, 0, 1 and −1, 1.
package struct SignQuantization: SingleSpecCompressor {
    /// −1, 0, 1 or −1, 1.
    let levels: [Float]

    private var isBinary: Bool { levels.count == 2 }

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        try geometry(layer, spec).layout(scaleType: spec.scaleType(checkpoint: layer.scaleType))
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        CodebookLayout.configuration(levels: levels.count, vector: 1, ignored: ignored)
    }

    private func geometry(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CodebookGeometry {
        CodebookGeometry(
            rows: layer.weight.rows, columns: layer.weight.columns, levels: levels.count, vector: 1,
            groupLength: try PackQuantizedGeometry.groupLength(layer, spec), table: .scaled)
    }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        let scaleType = spec.scaleType(checkpoint: layer.scaleType)
        let result = CodebookWeight(try geometry(layer, spec), scaleType: scaleType)
        result.store(levels: levels)
        let (length, isBinary, search) = (result.geometry.groupLength, isBinary, spec.options.scaleSearch)
        try layer.forEachRow { (row, values) throws(CompressionError) in
            var codes = [UInt8](repeating: 0, count: values.count)
            for group in 0..<result.geometry.groups {
                let first = group * length
                let part = values.extracting(first..<first + length)
                let scale = Self.scale(part, scaleType, search: search && !isBinary)
                guard scale.isFinite else {
                    throw .scaleOutOfRange(tensor: layer.name, row: row, scaleType: scaleType.rawValue)
                }
                for index in 0..<length {
                    codes[first + index] = isBinary ? (part[index] < 0 ? 0 : 1) : Self.ternary(part[index], scale)
                }
                result.store(row: row, group: group, scale: scale)
            }
            result.store(row: row, codes: codes.span)
        }
        return result.finish()
    }

    /// 0, 1, 2 for −1, 0, 1.
    @inline(__always)
    private static func ternary(_ value: Float, _ scale: Float) -> UInt8 {
        let sign: UInt8 = value < 0 ? 0 : 2
        return scale > 0 && value.magnitude / scale > 0.5 ? sign : 1
    }

    /// The stored scale of a group: 0 for a group of zeros, infinite where the type cannot hold it.
    private static func scale(_ values: Span<Float>, _ type: ScaleType, search: Bool) -> Float {
        func stored(_ scale: Double) -> Float { scale > 0 ? max(type.rounded(Float(scale)), type.leastPositive) : 0 }
        let sum = values.indices.reduce(0.0) { $0 + Double(values[$1].magnitude) }
        let mean = stored(sum / Double(max(1, values.count)))
        guard search, sum > 0 else { return mean }
        let best = stored(leastSquares(values))
        return squaredError(values, best) < squaredError(values, mean) ? best : mean
    }

    /// S/m of the m largest magnitudes for which S²/m, what they take off the squared error, is greatest.
    private static func leastSquares(_ values: Span<Float>) -> Double {
        let magnitudes = values.indices.map { values[$0].magnitude }.sorted(by: >)
        var (sum, best, scale) = (0.0, -1.0, 0.0)
        for (index, magnitude) in magnitudes.enumerated() {
            sum += Double(magnitude)
            let gain = sum * sum / Double(index + 1)
            if gain > best { (best, scale) = (gain, sum / Double(index + 1)) }
        }
        return scale
    }

    private static func squaredError(_ values: Span<Float>, _ scale: Float) -> Double {
        values.indices.reduce(0.0) { sum, index in
            let value = Double(Float(Int(ternary(values[index], scale)) - 1) * scale)
            let error = Double(values[index]) - value
            return sum + error * error
        }
    }
}
