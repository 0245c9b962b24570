import Kernels

/// One table of levels for a whole layer: finds scales, then levels, then codes.
///
/// `@unchecked Sendable` because workers write the scaled weights and scales of different rows.
final class SharedCodebook: @unchecked Sendable {
    private let result: LevelWeight
    private let geometry: LevelGeometry
    private let layer: LinearLayer
    /// The weights divided by their group's scale, row after row, and for each vector of them the scale squared.
    private let scaled: UnsafeMutablePointer<Float>
    private let weights: UnsafeMutablePointer<Float>

    init(_ result: LevelWeight, _ layer: LinearLayer) {
        (self.result, geometry, self.layer) = (result, result.geometry, layer)
        let count = max(1, geometry.rows * geometry.columns)
        scaled = .allocate(capacity: count)
        weights = .allocate(capacity: count / geometry.vector + 1)
    }

    deinit {
        scaled.deallocate()
        weights.deallocate()
    }

    func fill() throws(CompressionError) {
        try scale()
        let type = result.scaleType
        let levels = try Codebook.stored(geometry.vector == 1 ? scalars() : vectors(), type, layer.name, 0)
        result.store(levels: levels)
        Parallel.forEach(geometry.rows) { row in storeCodes(row, levels) }
    }

    /// Divides each group by its root mean square, rounded to its stored type; a group of zeros has scale 0.
    private func scale() throws(CompressionError) {
        let (length, vector, type) = (geometry.groupLength, geometry.vector, result.scaleType)
        try layer.forEachRow { (row, values) throws(CompressionError) in
            for group in 0..<geometry.groups {
                let part = values + group * length
                let square = (0..<length).reduce(0.0) { $0 + Double(part[$1]) * Double(part[$1]) }
                let root = (square / Double(length)).squareRoot()
                let scale = root > 0 ? max(type.rounded(Float(root)), type.leastPositive) : 0
                guard scale.isFinite else {
                    throw .scaleOutOfRange(tensor: layer.name, row: row, scaleType: type.rawValue)
                }
                result.store(row: row, group: group, scale: scale)
                let first = row * geometry.columns + group * length
                for index in 0..<length { scaled[first + index] = scale > 0 ? part[index] / scale : 0 }
                for index in 0..<length / vector { weights[first / vector + index] = scale * scale }
            }
        }
    }

    private func scalars() -> [Float] {
        let (rows, columns) = (geometry.rows, geometry.columns)
        let extremes = RowRounding.extremes(scaled, count: rows * columns)
        let rowsPerPart = max(1, 65_536 / columns)
        let parts = Parallel.map((rows + rowsPerPart - 1) / rowsPerPart) { task in
            var cells = WeightedPoints.Cells(low: extremes.low, high: extremes.high)
            for index in task * rowsPerPart * columns..<min(rows, (task + 1) * rowsPerPart) * columns {
                cells.add(scaled[index], weight: Double(weights[index]))
            }
            return cells
        }
        var cells = WeightedPoints.Cells(low: extremes.low, high: extremes.high)
        for part in parts { cells.add(part) }
        return LevelClustering.levels(WeightedPoints(cells), count: geometry.levels)
    }

    private func vectors() -> [Float] {
        let count = geometry.rows * geometry.codesPerRow
        return VectorClustering(scaled, weights: weights, count: count, length: geometry.vector)
            .centres(geometry.levels)
    }

    private func storeCodes(_ row: Int, _ levels: [Float]) {
        let (columns, vector) = (geometry.columns, geometry.vector)
        let values = scaled + row * columns
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(1, geometry.codesPerRow)) { memory in
            guard let codes = memory.baseAddress else { return }
            if vector == 1 {
                LevelRanks.bounds(levels).withUnsafeBufferPointer { bounds in
                    LevelRanks.find(values, count: columns, factor: 1, bounds: bounds, into: codes)
                }
            } else {
                let nearest = NearestCentre(levels, length: vector)
                for code in 0..<geometry.codesPerRow {
                    codes[code] = UInt8(truncatingIfNeeded: nearest.find(values + code * vector).centre)
                }
            }
            result.store(row: row, codes: codes)
        }
    }
}
