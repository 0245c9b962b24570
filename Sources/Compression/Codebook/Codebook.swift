package import JSON
import Kernels

extension Method {
    /// Tables of levels that k-means finds in the weights.
    package static let codebook = Method(
        "codebook", title: "codebook",
        summary: "finds levels by k-means, or among sums of powers of two; no data needed but for imatrix",
        formats: .foundLevels, keys: [.levels, .vector, .sharedTable, .powersOfTwo, .importance, .outliers],
        compressor: Codebook())
}

/// Weights by codes into tables of levels that k-means finds in the weights themselves (`CodebookGeometry`).
///
/// By default each row or group has a table of its own, the k levels of least squared error (`LevelClustering`). With
/// `sharedTable` a layer has one table, fit to weights divided by their group's largest magnitude, which is stored as the
/// group's scale; errors count as they will be in the weight, times the scale. With `vector` v a code stands for v
/// consecutive weights of a row and a level is a vector (`VectorClustering`); the table is shared then.
/// With `powersOfTwo` a weight has one table of sums of powers of two and no scales (`PowersOfTwo`), stored as float32,
/// which holds them exactly. With `imatrix` errors count by the mean square of their input, and with `outliers` the greatest
/// weights are kept apart and no level is found for them (`LevelWeights`; SqueezeLLM, 2306.07629). Else levels and scales are rounded to their stored type before weights go to the nearest, of
/// two equally near levels to the lower.
package struct Codebook: SingleSpecCompressor {
    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        try geometry(layer, spec).layout(scaleType: spec.scaleType(checkpoint: layer.scaleType))
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        guard let (count, vector) = spec.format.foundLevels else { return JSONObject() }
        return CodebookLayout.configuration(levels: count, vector: vector, ignored: ignored)
    }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        let result = CodebookWeight(
            try geometry(layer, spec), scaleType: spec.scaleType(checkpoint: layer.scaleType))
        let counts = try LevelWeights(layer, spec)
        if let outliers = counts.outliers { try result.store(outliers, layer) }
        switch result.geometry.table {
        case .ofGroups: try fillOwn(result, layer, counts)
        case .scaled: try SharedCodebook(result, layer, counts).fill()
        case .plain: try fillPowersOfTwo(result, layer)
        }
        return result.finish()
    }

    /// 2: weights that share a table are divided by the largest of their group, before by its root mean square.
    package func revision(_ spec: Spec) -> Int { isShared(spec) && !spec.options.powersOfTwo ? 2 : 1 }

    private func isShared(_ spec: Spec) -> Bool {
        spec.options.sharedTable || spec.options.powersOfTwo || (spec.format.foundLevels?.vector ?? 1) > 1
    }

    private func geometry(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CodebookGeometry {
        guard let (count, vector) = spec.format.foundLevels else {
            throw .unsupported(spec: spec.name, reason: "not a codebook")
        }
        let length = try PackQuantizedGeometry.groupLength(layer, spec)
        let isShared = isShared(spec)
        let weights = isShared ? layer.weight.rows * layer.weight.columns / vector : length
        guard length.isMultiple(of: vector) else {
            throw .unsupported(
                spec: spec.name,
                reason:
                    "tensor '\(layer.name)' has groups of \(length) weights, which vectors of \(vector) do not divide")
        }
        guard count <= weights else {
            throw .unsupported(
                spec: spec.name,
                reason: "tensor '\(layer.name)' has \(weights) "
                    + (vector > 1 ? "vectors" : "weights") + " for a table of \(count) levels")
        }
        return CodebookGeometry(
            rows: layer.weight.rows, columns: layer.weight.columns, levels: count, vector: vector,
            groupLength: length, table: spec.options.powersOfTwo ? .plain : isShared ? .scaled : .ofGroups,
            outliers: Outliers.count(layer, spec))
    }

    private func fillPowersOfTwo(
        _ result: CodebookWeight, _ layer: LinearLayer
    ) throws(CompressionError) {
        let weight = try layer.finiteValues()
        let count = result.geometry.levels
        let centres = PowersOfTwo(weight).centres(count)
        let last = centres.levels[centres.levels.count - 1]
        result.store(levels: centres.levels + Array(repeating: last, count: count - centres.levels.count))
        Parallel.forEach(result.geometry.rows) { row in
            let codes = weight.readRow(row) { values in values.indices.map { centres.code(values[$0]) } }
            result.store(row: row, codes: codes.span)
        }
    }

    private func fillOwn(
        _ result: CodebookWeight, _ layer: LinearLayer, _ counts: LevelWeights
    ) throws(CompressionError) {
        let (geometry, type) = (result.geometry, result.scaleType)
        try layer.forEachRow { (row, values) throws(CompressionError) in
            var memory = [UInt8](repeating: 0, count: geometry.columns)
            var codes = memory.mutableSpan
            for group in 0..<geometry.groups {
                let place = group * geometry.groupLength..<(group + 1) * geometry.groupLength
                let part = values.extracting(place)
                let points =
                    counts.areEqual
                    ? WeightedPoints(part) : WeightedPoints(part, weights: counts.of(row: row, columns: place).span)
                let levels = try Self.stored(
                    LevelClustering.levels(points, count: geometry.levels), type, layer.name, row)
                let bounds = LevelRanks.bounds(levels)
                codes.withPart(place) { LevelRanks.find(part, factor: 1, bounds: bounds.span, into: &$0) }
                result.store(row: row, group: group, levels: levels)
            }
            result.store(row: row, codes: codes.span)
        }
    }

    /// Levels as they will be read back.
    static func stored(
        _ levels: [Float], _ type: ScaleType, _ tensor: String, _ row: Int
    ) throws(CompressionError) -> [Float] {
        let rounded = levels.map { type.roundedSigned($0) }
        guard rounded.allSatisfy(\.isFinite) else {
            throw .scaleOutOfRange(tensor: tensor, row: row, scaleType: type.rawValue)
        }
        return rounded
    }
}
