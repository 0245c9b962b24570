import Kernels

/// Some rows of a weight on their way through GPTQ: rows are independent, so eight of them are the lanes of a vector.
///
/// `values[v · columns + j]` holds column `order[j]` of rows firstRow + 8v ..< firstRow + 8v + 8; once its block is done,
/// it holds what became of it, unless that is codes.
///
/// `@unchecked Sendable` because one worker at a time has it.
final class GPTQTile: @unchecked Sendable {
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
        /// Which weights become zero (SparseGPT); none under GPTQ.
        let sparsity: Sparsity?
        /// Whether what remains is rounded to codes.
        let rounds: Bool
    }

    let work: Work
    let geometry: PackQuantizedGeometry
    private let scaleType: ScaleType
    let factor: InverseFactor
    private let order: [Int]
    let firstRow: Int
    let rowCount: Int
    let values: UnsafeMutablePointer<Lanes>
    /// The block's weights with the errors of its own columns pushed onto them, then those errors.
    let current: UnsafeMutablePointer<Lanes>
    private let errors: UnsafeMutablePointer<Lanes>
    let codes: UnsafeMutablePointer<UInt8>
    let scales: UnsafeMutablePointer<Float>
    let zeros: UnsafeMutablePointer<UInt8>
    /// For each vector and column the rows whose weight stays, as bits.
    let kept: UnsafeMutablePointer<UInt8>
    /// The factors of a block's columns for eight later ones.
    private let panel: UnsafeMutablePointer<Float>

    init(_ work: Work, firstRow: Int) {
        self.work = work
        geometry = work.geometry
        scaleType = work.scaleType
        factor = work.factor
        order = work.order
        self.firstRow = firstRow
        rowCount = min(Self.rows, geometry.rows - firstRow)
        let columns = geometry.columns
        values = .allocate(capacity: Self.vectors * columns)
        values.initialize(repeating: .zero, count: Self.vectors * columns)
        current = .allocate(capacity: GPTQ.block)
        current.initialize(repeating: .zero, count: GPTQ.block)
        errors = .allocate(capacity: Self.vectors * GPTQ.block)
        errors.initialize(repeating: .zero, count: Self.vectors * GPTQ.block)
        codes = .allocate(capacity: Self.rows * columns)
        scales = .allocate(capacity: Self.rows * geometry.groups)
        zeros = .allocate(capacity: Self.rows * geometry.groups)
        panel = .allocate(capacity: 8 * GPTQ.block)
        kept = .allocate(capacity: Self.vectors * columns)
        kept.initialize(repeating: 255, count: Self.vectors * columns)
    }

    deinit {
        kept.deallocate()
        panel.deallocate()
        values.deallocate()
        current.deallocate()
        errors.deallocate()
        codes.deallocate()
        scales.deallocate()
        zeros.deallocate()
    }

    /// Reads the rows; whole rows get their grids here, before dead columns are set to zero.
    func load(_ layer: LinearLayer) throws(CompressionError) {
        let columns = geometry.columns
        let row = UnsafeMutablePointer<Float>.allocate(capacity: columns)
        defer { row.deallocate() }
        let whole = geometry.groups == 1
        for lane in 0..<rowCount {
            layer.weight.decode(row: firstRow + lane, columns: 0..<columns, into: row)
            let extremes = RowRounding.extremes(row, count: columns)
            guard extremes.finite else {
                throw RoundToNearest.notFinite(layer.name, firstRow + lane, row, columns)
            }
            if whole, work.rounds { try setGrid(layer, lane: lane, group: 0, low: extremes.low, high: extremes.high) }
            let target = values + lane / 8 * columns
            for (position, column) in order.enumerated() {
                target[position][lane % 8] = factor.dead[column] ? 0 : row[column]
            }
        }
    }

    private func setGrid(
        _ layer: LinearLayer, lane: Int, group: Int, low: Float, high: Float
    ) throws(CompressionError) {
        guard
            let grid = UniformGrid(
                low: low, high: high, bits: geometry.bits, symmetric: geometry.symmetric, scaleType: scaleType)
        else { throw .scaleOutOfRange(tensor: layer.name, row: firstRow + lane, scaleType: scaleType.rawValue) }
        scales[lane * geometry.groups + group] = grid.scale
        zeros[lane * geometry.groups + group] = UInt8(truncatingIfNeeded: grid.zero)
    }

    /// Rounds all columns, block after block.
    func run(_ layer: LinearLayer) throws(CompressionError) {
        for start in stride(from: 0, to: geometry.columns, by: GPTQ.block) {
            try run(start..<min(geometry.columns, start + GPTQ.block), layer)
        }
    }

    /// Rounds the columns of a block; those before must be done.
    func run(_ block: Range<Int>, _ layer: LinearLayer) throws(CompressionError) {
        if geometry.groups > 1, work.rounds {
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
        for vector in 0..<Self.vectors {
            let source = values + vector * geometry.columns
            var (low, high) = (Lanes.zero, Lanes.zero)
            for column in columns {
                low.replace(with: source[column], where: source[column] .< low)
                high.replace(with: source[column], where: source[column] .> high)
            }
            for lane in 0..<8 where 8 * vector + lane < rowCount {
                try setGrid(layer, lane: 8 * vector + lane, group: group, low: low[lane], high: high[lane])
            }
        }
    }

    /// Rounds the columns of a block one after the other, each one's error going to the rest of the block.
    private func round(_ block: Range<Int>, vector: Int) {
        let source = values + vector * geometry.columns
        for position in block { current[position - block.lowerBound] = source[position] }
        var (scale, zero) = (Lanes(repeating: 1), Lanes.zero)
        var group = -1
        for position in block {
            if work.rounds, position / geometry.groupLength != group {
                group = position / geometry.groupLength
                (scale, zero) = grids(vector: vector, group: group)
            }
            let factors = factor.upper.base + position * factor.columns
            let index = position - block.lowerBound
            if case .pattern(let keep, let length)? = work.sparsity, position % length == 0 {
                choose(keep, of: length, from: position, block, vector: vector)
            }
            let value = current[index]
            let stays = work.sparsity == nil ? value : masked(value, kept[vector * geometry.columns + position])
            let code = nearest(stays, scale, zero)
            let result = work.rounds ? (code - zero) * scale : stays
            let error = (value - result) / factors[position]
            errors[vector * GPTQ.block + index] = error
            for later in position + 1..<max(block.upperBound, position + 1) {
                current[later - block.lowerBound] -= error * factors[later]
            }
            guard work.rounds else {
                source[position] = result
                continue
            }
            let integers = SIMD8<Int32>(truncatingIfNeeded: SIMD8<Int32>(code))
            for lane in 0..<8 {
                codes[(8 * vector + lane) * geometry.columns + order[position]] = UInt8(
                    truncatingIfNeeded: integers[lane])
            }
        }
    }

    /// clamp(round(w/scale) + zero, 0, 2ᵇ − 1), half to even; weights may lie far beyond their grid here.
    @inline(__always)
    private func nearest(_ value: Lanes, _ scale: Lanes, _ zero: Lanes) -> Lanes {
        var code = (value / scale).rounded(.toNearestOrEven) + zero
        let top = Lanes(repeating: Float(geometry.top))
        code.replace(with: Lanes.zero, where: code .< Lanes.zero)
        code.replace(with: top, where: code .> top)
        return code
    }

    private func grids(vector: Int, group: Int) -> (scale: Lanes, zero: Lanes) {
        var (scale, zero) = (Lanes(repeating: 1), Lanes.zero)
        for lane in 0..<8 where 8 * vector + lane < rowCount {
            scale[lane] = scales[(8 * vector + lane) * geometry.groups + group]
            zero[lane] = Float(zeros[(8 * vector + lane) * geometry.groups + group])
        }
        return (scale, zero)
    }

    /// Takes a finished block's errors from all later columns, eight of them at once for all rows of the tile.
    private func push(_ block: Range<Int>) {
        var column = block.upperBound
        while column + 8 <= geometry.columns {
            // The factor's eight columns, side by side: its own rows lie a whole row apart, where they fight for the cache.
            for position in block {
                let source = factor.upper.base + position * factor.columns + column
                (panel + 8 * (position - block.lowerBound)).update(from: source, count: 8)
            }
            for vector in 0..<Self.vectors { push(block.count, vector: vector, column: column) }
            column += 8
        }
        while column < geometry.columns {
            for vector in 0..<Self.vectors {
                var sum = Lanes.zero
                for position in block {
                    sum.addProduct(
                        errors[vector * GPTQ.block + position - block.lowerBound],
                        factor.upper.base[position * factor.columns + column])
                }
                values[vector * geometry.columns + column] -= sum
            }
            column += 1
        }
    }

    /// Takes the errors of a block of so many columns from eight later ones, whose factors are in the panel.
    @inline(__always)
    private func push(_ count: Int, vector: Int, column: Int) {
        let target = values + vector * geometry.columns + column
        let source = errors + vector * GPTQ.block
        var (sum0, sum1, sum2, sum3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        var (sum4, sum5, sum6, sum7) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
        for index in 0..<count {
            let (factors, error) = (panel + 8 * index, source[index])
            sum0.addProduct(error, factors[0])
            sum1.addProduct(error, factors[1])
            sum2.addProduct(error, factors[2])
            sum3.addProduct(error, factors[3])
            sum4.addProduct(error, factors[4])
            sum5.addProduct(error, factors[5])
            sum6.addProduct(error, factors[6])
            sum7.addProduct(error, factors[7])
        }
        target[0] -= sum0
        target[1] -= sum1
        target[2] -= sum2
        target[3] -= sum3
        target[4] -= sum4
        target[5] -= sum5
        target[6] -= sum6
        target[7] -= sum7
    }

    func store(into result: PackQuantizedWeight) {
        for lane in 0..<rowCount {
            result.store(
                row: firstRow + lane, codes: codes + lane * geometry.columns, scales: scales + lane * geometry.groups,
                zeros: zeros + lane * geometry.groups)
        }
    }
}
