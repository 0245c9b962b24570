import Kernels

/// Some rows of a weight on their way through GPTQ: rows are independent, so eight of them are the lanes of a vector.
///
/// Column j of row v of `values` is column `order[j]` of the weight's rows firstRow + 8v ..< firstRow + 8v + 8; once its
/// block is done, it holds what became of it, unless that is codes. One worker at a time has a tile.
final class GPTQTile: Sendable {
    static let vectors = 4
    /// Rows of a tile; the more, the less often the factor is read.
    static let rows = 8 * vectors

    /// What all tiles of a weight share.
    struct Work: Sendable {
        let geometry: PackQuantizedGeometry
        let scaleType: ScaleType
        let factor: InverseFactor
        /// The columns in the order in which they are taken.
        let order: [Int]
        /// Nil where a group is of the columns that are taken one after the other, found when its first one is reached.
        var columnOrder: ColumnOrder?
        /// GPTAQ's P; none under others.
        var correction: Matrix?
        /// Which weights become zero (SparseGPT); none under GPTQ.
        let sparsity: Sparsity?
        /// Whether what remains is rounded to codes.
        let rounds: Bool

        /// Where the grid of the column at a position is stored.
        @inline(__always)
        func group(at position: Int) -> Int {
            (columnOrder == nil ? position : order[position]) / geometry.groupLength
        }

        /// Whether all grids are those of the weights as they were.
        var findsGridsFirst: Bool { geometry.groups == 1 || columnOrder == .staticGroups }
    }

    let work: Work
    let geometry: PackQuantizedGeometry
    private let form: GridForm
    let factor: InverseFactor
    private let order: [Int]
    let firstRow: Int
    let rowCount: Int
    let values: RowTable<Lanes>
    /// The errors of a block's columns.
    private let errors: RowTable<Lanes>
    /// What became of a block's columns, where GPTAQ's correction wants it.
    private let results: RowTable<Lanes>
    let codes: RowTable<UInt8>
    let scales: RowTable<Float>
    let zeros: RowTable<UInt8>
    /// For each vector and column the rows whose weight stays, as bits.
    let kept: RowTable<UInt8>

    init(_ work: Work, firstRow: Int) {
        self.work = work
        geometry = work.geometry
        form = GridForm(bits: geometry.bits, symmetric: geometry.symmetric, scaleType: work.scaleType)
        factor = work.factor
        order = work.order
        self.firstRow = firstRow
        rowCount = min(Self.rows, geometry.rows - firstRow)
        let columns = geometry.columns
        values = RowTable(rows: Self.vectors, columns: columns, repeating: .zero)
        errors = RowTable(rows: Self.vectors, columns: GPTQ.block, repeating: .zero)
        results = RowTable(
            rows: work.correction == nil ? 0 : Self.vectors, columns: GPTQ.block, repeating: .zero)
        codes = RowTable(rows: Self.rows, columns: columns, repeating: 0)
        scales = RowTable(rows: Self.rows, columns: geometry.groups, repeating: 1)
        zeros = RowTable(rows: Self.rows, columns: geometry.groups, repeating: 0)
        kept = RowTable(rows: Self.vectors, columns: columns, repeating: 255)
    }

    /// Reads the rows; grids of the weights as they were are found here, before dead columns are set to zero.
    func load(_ layer: LinearLayer) throws(CompressionError) {
        for lane in 0..<rowCount {
            let row = layer.weight.values(row: firstRow + lane)
            let extremes = RowRounding.extremes(row.span)
            guard extremes.finite else { throw RoundToNearest.notFinite(layer.name, firstRow + lane, row.span) }
            if work.rounds, work.findsGridsFirst {
                for group in 0..<geometry.groups {
                    let part = row.span.extracting(group * geometry.groupLength..<(group + 1) * geometry.groupLength)
                    let extremes = RowRounding.extremes(part)
                    try setGrid(layer, lane: lane, group: group, low: extremes.low, high: extremes.high)
                }
            }
            values.withRow(lane / 8) { target in
                for (position, column) in order.enumerated() {
                    target[position][lane % 8] = factor.dead[column] ? 0 : row[column]
                }
            }
        }
    }

    private func setGrid(
        _ layer: LinearLayer, lane: Int, group: Int, low: Float, high: Float
    ) throws(CompressionError) {
        guard let grid = UniformGrid(low: low, high: high, form) else {
            throw .scaleOutOfRange(tensor: layer.name, row: firstRow + lane, scaleType: form.scaleType.rawValue)
        }
        scales.withRow(lane) { $0[group] = grid.scale }
        zeros.withRow(lane) { $0[group] = UInt8(truncatingIfNeeded: grid.zero) }
    }

    /// Rounds all columns, block after block.
    func run(_ layer: LinearLayer) throws(CompressionError) {
        for start in stride(from: 0, to: geometry.columns, by: GPTQ.block) {
            try run(start..<min(geometry.columns, start + GPTQ.block), layer)
        }
    }

    /// Rounds the columns of a block; those before must be done.
    func run(_ block: Range<Int>, _ layer: LinearLayer) throws(CompressionError) {
        if !work.findsGridsFirst, work.rounds {
            // Groups begin in the weights as they are now: errors of this block have not reached `values` yet.
            for group in groupsBeginning(in: block) { try findGrid(layer, group) }
        }
        for vector in 0..<Self.vectors { round(block, vector: vector) }
        push(block)
    }

    private func groupsBeginning(in block: Range<Int>) -> Range<Int> {
        let length = geometry.groupLength
        return (block.lowerBound + length - 1) / length..<(block.upperBound + length - 1) / length
    }

    private func findGrid(_ layer: LinearLayer, _ group: Int) throws(CompressionError) {
        let columns = group * geometry.groupLength..<(group + 1) * geometry.groupLength
        let stored = work.group(at: columns.lowerBound)
        for vector in 0..<Self.vectors {
            let (low, high) = values.readRow(vector) { source in
                var (low, high) = (Lanes.zero, Lanes.zero)
                for column in columns {
                    low.replace(with: source[column], where: source[column] .< low)
                    high.replace(with: source[column], where: source[column] .> high)
                }
                return (low, high)
            }
            for lane in 0..<8 where 8 * vector + lane < rowCount {
                try setGrid(layer, lane: 8 * vector + lane, group: stored, low: low[lane], high: high[lane])
            }
        }
    }

    /// Rounds the columns of a block one after the other, each one's error going to the rest of the block.
    private func round(_ block: Range<Int>, vector: Int) {
        values.withRow(vector, columns: block) { source in
            errors.withRow(vector) { errors in
                codes.withRows(8 * vector..<8 * (vector + 1)) { codes in
                    withScratch(block.count, of: Lanes.zero) { current in
                        current.copy(source.span)
                        round(block, vector, &source, &errors, &codes, &current)
                    }
                }
            }
        }
    }

    /// The block's weights are `source`; `current` are those with the errors of its own columns pushed onto them.
    private func round(
        _ block: Range<Int>, _ vector: Int, _ source: inout MutableSpan<Lanes>, _ errors: inout MutableSpan<Lanes>,
        _ codes: inout MutableSpan<UInt8>, _ current: inout MutableSpan<Lanes>
    ) {
        var (scale, zero) = (Lanes(repeating: 1), Lanes.zero)
        var group = -1
        for (index, position) in block.enumerated() {
            if work.rounds, work.group(at: position) != group {
                group = work.group(at: position)
                (scale, zero) = grids(vector: vector, group: group)
            }
            if case .pattern(let keep, let length)? = work.sparsity, position % length == 0 {
                choose(keep, of: length, from: position, current.span, block, vector: vector)
            }
            let value = current[index]
            let stays = work.sparsity == nil ? value : masked(value, kept.readRow(vector) { $0[position] })
            let code = nearest(stays, scale, zero)
            let result = work.rounds ? (code - zero) * scale : stays
            factor.upper.readRow(position) { factors in
                let error = (value - result) / factors[position]
                errors[index] = error
                current.withPart(index + 1..<block.count) {
                    Self.subtract(error, factors.extracting(position + 1..<block.upperBound), from: &$0)
                }
            }
            if let correction = work.correction {
                correction.readRow(position) { factors in
                    current.withPart(index + 1..<block.count) {
                        Self.subtract(-value, factors.extracting(position + 1..<block.upperBound), from: &$0)
                    }
                }
                results.withRow(vector) { $0[index] = -result }
            }
            guard work.rounds else {
                source[index] = result
                continue
            }
            let integers = SIMD8<Int32>(truncatingIfNeeded: SIMD8<Int32>(code))
            for lane in 0..<8 {
                codes[lane * geometry.columns + order[position]] = UInt8(truncatingIfNeeded: integers[lane])
            }
        }
    }

    /// target −= error·factors.
    private static func subtract(_ error: Lanes, _ factors: Span<Float>, from target: inout MutableSpan<Lanes>) {
        precondition(factors.count == target.count)
        for index in 0..<target.count { target[index] -= error * factors[index] }
    }

    /// clamp(round(w/scale) + zero, 0, 2ᵇ − 1), half to even; weights may lie far beyond their grid here.
    @inline(__always)
    private func nearest(_ value: Lanes, _ scale: Lanes, _ zero: Lanes) -> Lanes {
        var code = (value / scale).rounded(.toNearestOrEven) + zero
        let top = Lanes(repeating: Float(form.top))
        code.replace(with: Lanes.zero, where: code .< Lanes.zero)
        code.replace(with: top, where: code .> top)
        return code
    }

    private func grids(vector: Int, group: Int) -> (scale: Lanes, zero: Lanes) {
        var (scale, zero) = (Lanes(repeating: 1), Lanes.zero)
        for lane in 0..<8 where 8 * vector + lane < rowCount {
            scale[lane] = scales.readRow(8 * vector + lane) { $0[group] }
            zero[lane] = Float(zeros.readRow(8 * vector + lane) { $0[group] })
        }
        return (scale, zero)
    }

    /// Takes a finished block's errors from all later columns, and adds what GPTAQ's correction makes of its results.
    private func push(_ block: Range<Int>) {
        push(errors, factor.upper, block)
        if let correction = work.correction { push(results, correction, block) }
    }

    /// Takes what a block left times a matrix's rows from all later columns, eight of them at once for all rows of the tile.
    private func push(_ errors: RowTable<Lanes>, _ matrix: Matrix, _ block: Range<Int>) {
        var panel = [Float](repeating: 0, count: 8 * block.count)
        var column = block.upperBound
        while column + 8 <= geometry.columns {
            // The factor's eight columns, side by side: its own rows lie a whole row apart, where they fight for the cache.
            var factors = panel.mutableSpan
            for (index, position) in block.enumerated() {
                matrix.readRow(position) { factors.store($0.lanes(column), at: 8 * index) }
            }
            for vector in 0..<Self.vectors {
                errors.readRow(vector) { errors in
                    values.withRow(vector, columns: column..<column + 8) {
                        subtractProducts(errors.extracting(0..<block.count), factors.span, from: &$0)
                    }
                }
            }
            column += 8
        }
        while column < geometry.columns {
            pushLast(errors, matrix, block, column)
            column += 1
        }
    }

    /// Takes a finished block's errors from one later column.
    private func pushLast(_ errors: RowTable<Lanes>, _ matrix: Matrix, _ block: Range<Int>, _ column: Int) {
        for vector in 0..<Self.vectors {
            var sum = Lanes.zero
            errors.readRow(vector) { errors in
                for (index, position) in block.enumerated() {
                    sum.addProduct(errors[index], matrix.readRow(position) { $0[column] })
                }
            }
            values.withRow(vector) { $0[column] -= sum }
        }
    }

    func store(into result: PackQuantizedWeight) {
        for lane in 0..<rowCount {
            codes.readRow(lane) { codes in
                scales.readRow(lane) { scales in
                    zeros.readRow(lane) { zeros in
                        result.store(row: firstRow + lane, codes: codes, scales: scales, zeros: zeros)
                    }
                }
            }
        }
    }
}
