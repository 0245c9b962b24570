import Kernels

/// One table of levels for a whole layer: finds scales, then levels, then codes.
struct SharedCodebook: Sendable {
    private let result: CodebookWeight
    private let geometry: CodebookGeometry
    private let layer: LinearLayer
    private let counts: LevelWeights
    /// The weights divided by their group's scale, row after row, and for each vector of them the scale squared, times how much its errors
    /// count.
    private let scaled: RowTable<Float>
    private let weights: RowTable<Float>

    init(_ result: CodebookWeight, _ layer: LinearLayer, _ counts: LevelWeights) {
        (self.result, geometry, self.layer, self.counts) = (result, result.geometry, layer, counts)
        scaled = RowTable(rows: geometry.rows, columns: geometry.columns, repeating: 0)
        weights = RowTable(rows: geometry.rows, columns: geometry.codesPerRow, repeating: 0)
    }

    func fill() throws(CompressionError) {
        try scale()
        let type = result.scaleType
        guard geometry.vector > 1 else {
            let levels = try Codebook.stored(scalars(), type, layer.name, 0)
            result.store(levels: levels)
            return Parallel.forEach(geometry.rows) { row in storeCodes(row, levels) }
        }
        let clustering = VectorClustering(scaled, weights: weights, length: geometry.vector)
        let levels = try Codebook.stored(clustering.centres(geometry.levels), type, layer.name, 0)
        result.store(levels: levels)
        let codes = clustering.codes(levels)
        Parallel.forEach(geometry.rows) { row in
            let own = row * geometry.codesPerRow..<(row + 1) * geometry.codesPerRow
            codes.readAll { result.store(row: row, codes: $0.extracting(own)) }
        }
    }

    /// Divides each group by its largest magnitude, rounded to its stored type; a group of zeros has scale 0, and a weight
    /// that is kept apart is 0.
    ///
    /// By its root mean square few levels would be left for the largest weights, which matter most: with one table of 16
    /// levels SmolLM2-135M lost 5.4 nats so.
    private func scale() throws(CompressionError) {
        let (length, vector, type) = (geometry.groupLength, geometry.vector, result.scaleType)
        try layer.forEachRow { (row, values) throws(CompressionError) in
            for group in 0..<geometry.groups {
                let place = group * length..<(group + 1) * length
                let part = values.extracting(place)
                let own = counts.of(row: row, columns: place)
                let seen = part.indices.filter { own[$0] > 0 }
                let largest = seen.reduce(0) { max($0, abs(part[$1])) }
                let scale = largest > 0 ? max(type.rounded(largest), type.leastPositive) : 0
                guard scale.isFinite else {
                    throw .scaleOutOfRange(tensor: layer.name, row: row, scaleType: type.rawValue)
                }
                result.store(row: row, group: group, scale: scale)
                scaled.withRow(row, columns: place) { target in
                    for index in seen { target[index] = scale > 0 ? part[index] / scale : 0 }
                }
                weights.withRow(row, columns: place.lowerBound / vector..<place.upperBound / vector) {
                    for index in $0.indices {
                        let mean = own[index * vector..<(index + 1) * vector].reduce(0, +) / Float(vector)
                        $0[index] = scale * scale * mean
                    }
                }
            }
        }
    }

    private func scalars() -> [Float] {
        let (rows, columns) = (geometry.rows, geometry.columns)
        let extremes = scaled.readAll { RowRounding.extremes($0) }
        let rowsPerPart = max(1, 65_536 / columns)
        let parts = Parallel.map((rows + rowsPerPart - 1) / rowsPerPart) { task in
            var cells = WeightedPoints.Cells(low: extremes.low, high: extremes.high)
            for row in task * rowsPerPart..<min(rows, (task + 1) * rowsPerPart) {
                scaled.readRow(row) { values in
                    weights.readRow(row) { weights in
                        for column in 0..<columns { cells.add(values[column], weight: Double(weights[column])) }
                    }
                }
            }
            return cells
        }
        var cells = WeightedPoints.Cells(low: extremes.low, high: extremes.high)
        for part in parts { cells.add(part) }
        return LevelClustering.levels(WeightedPoints(cells), count: geometry.levels)
    }

    private func storeCodes(_ row: Int, _ levels: [Float]) {
        scaled.readRow(row) { values in
            withScratch(geometry.codesPerRow, of: UInt8(0)) { codes in
                LevelRanks.find(values, factor: 1, bounds: LevelRanks.bounds(levels).span, into: &codes)
                result.store(row: row, codes: codes.span)
            }
        }
    }
}
