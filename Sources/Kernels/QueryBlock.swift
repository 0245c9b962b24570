/// Sixteen consecutive queries of one head on their way over the keys: the lanes of all vectors are queries.
///
/// Scores and sums are kept transposed, `[key][query]` and `[channel][query]`, so that maxima and sums over keys need no
/// step across lanes, and the weights of one block of keys are at once the right operand of the product with the values.
struct QueryBlock {
    /// The queries of a block, the columns of a microkernel tile.
    static let size = tileColumns
    /// The keys of a block, whole tiles; blocks start at multiples of it, so that a query's sums have a fixed order.
    static let keyBlock = 32 * tileRows

    /// The first query's position in its window, and the number of queries.
    let first: Int
    let count: Int
    private let querySize: Int
    private let valueSize: Int
    private let query: UnsafeMutablePointer<Float>
    private let zeros: UnsafeMutablePointer<Float>
    private let scores: UnsafeMutablePointer<Float>
    private let sums: UnsafeMutablePointer<Float>
    /// The largest score so far, low enough at first for any finite score to replace it.
    private var largest = (low: Lanes(repeating: -0x1p127), high: Lanes(repeating: -0x1p127))
    private var total = (low: Lanes.zero, high: Lanes.zero)

    /// The memory that a block works in.
    static func floatCount(querySize: Int, valueSize: Int) -> Int {
        (querySize + 1 + keyBlock + valueSize + tileRows) * size
    }

    init(first: Int, count: Int, querySize: Int, valueSize: Int, memory: UnsafeMutablePointer<Float>) {
        (self.first, self.count, self.querySize, self.valueSize) = (first, count, querySize, valueSize)
        query = memory
        zeros = query + querySize * Self.size
        scores = zeros + Self.size
        sums = scores + Self.keyBlock * Self.size
        zeros.update(repeating: 0, count: Self.size)
        sums.update(repeating: 0, count: (valueSize + tileRows) * Self.size)
    }

    /// Packs the queries times `scale`; lanes without a query are zero.
    func load(_ heads: HeadLayout, head: Int, firstRow: Int, scale: Float) {
        if count == Self.size {
            for half in [0, 8] {
                transposeEightRows(
                    heads.row(firstRow + half, head: head), stride: heads.base.stride, columns: querySize,
                    into: query + half, stride: Self.size)
            }
        } else {
            query.update(repeating: 0, count: querySize * Self.size)
            for lane in 0..<count {
                let source = heads.row(firstRow + lane, head: head)
                for channel in 0..<querySize { query[channel * Self.size + lane] = source[channel] }
            }
        }
        for index in stride(from: 0, to: querySize * Self.size, by: 8) {
            query.store(query.lanes(index) * scale, index)
        }
    }

    /// Folds all keys that any of the queries sees, block by block.
    mutating func attend(to head: PackedHead, visible: Int) {
        let lowest = max(0, first - visible + 1) / Self.keyBlock * Self.keyBlock
        for start in stride(from: lowest, to: first + count, by: Self.keyBlock) {
            fold(head, keys: start..<min(start + Self.keyBlock, first + count), visible: visible)
        }
    }

    private mutating func fold(_ head: PackedHead, keys: Range<Int>, visible: Int) {
        multiplyTiles(
            depth: querySize, head.keys(keys.lowerBound), panelStride: tileRows * querySize, UnsafePointer(query),
            start: zeros, into: target(scores, rows: keys.count))
        mask(keys, visible: visible)
        shrinkSums(by: exponentiate(keys.count))
        multiplyTiles(
            depth: keys.count, head.values(channel: 0, keys.lowerBound), panelStride: tileRows * head.length,
            UnsafePointer(scores), start: nil, into: target(sums, rows: valueSize))
    }

    /// Whole tiles of scores or sums.
    private func target(_ base: UnsafeMutablePointer<Float>, rows: Int) -> TileTarget {
        TileTarget(
            base: base, stride: Self.size, rows: (rows + tileRows - 1) / tileRows * tileRows, columns: Self.size)
    }

    /// Gives the weight zero to keys after a query, and to those too far before it.
    private func mask(_ keys: Range<Int>, visible: Int) {
        for key in keys where key > first || key <= first + count - 1 - visible {
            let row = scores + (key - keys.lowerBound) * Self.size
            for lane in 0..<Self.size where key > first + lane || key <= first + lane - visible {
                row[lane] = -.infinity
            }
        }
    }

    /// Turns the scores of one block into weights e^(score − largest); the result scales what was summed before.
    private mutating func exponentiate(_ keyCount: Int) -> (low: Lanes, high: Lanes) {
        var new = largest
        for row in 0..<keyCount {
            new.low = new.low.larger(scores.lanes(row * Self.size))
            new.high = new.high.larger(scores.lanes(row * Self.size + 8))
        }
        let shrink = (
            low: exponentialOfNonPositive(largest.low - new.low),
            high: exponentialOfNonPositive(largest.high - new.high)
        )
        var sum = (low: Lanes.zero, high: Lanes.zero)
        for row in 0..<keyCount {
            let low = exponentialOfNonPositive(scores.lanes(row * Self.size) - new.low)
            let high = exponentialOfNonPositive(scores.lanes(row * Self.size + 8) - new.high)
            scores.store(low, row * Self.size)
            scores.store(high, row * Self.size + 8)
            sum.low += low
            sum.high += high
        }
        total.low = sum.low.plus(total.low, shrink.low)
        total.high = sum.high.plus(total.high, shrink.high)
        largest = new
        return shrink
    }

    private func shrinkSums(by factor: (low: Lanes, high: Lanes)) {
        for index in stride(from: 0, to: valueSize * Self.size, by: Self.size) {
            sums.store(sums.lanes(index) * factor.low, index)
            sums.store(sums.lanes(index + 8) * factor.high, index + 8)
        }
    }

    /// Writes the weighted means, one row for each query, from `column` on.
    func write(to out: MatrixView, column: Int) {
        for index in stride(from: 0, to: valueSize * Self.size, by: Self.size) {
            sums.store(sums.lanes(index) / total.low, index)
            sums.store(sums.lanes(index + 8) / total.high, index + 8)
        }
        let whole = count == Self.size ? valueSize & ~7 : 0
        for channel in stride(from: 0, to: whole, by: 8) {
            transposeEightRows(
                UnsafePointer(sums + channel * Self.size), stride: Self.size, columns: Self.size,
                into: out.base + column + channel, stride: out.stride)
        }
        for lane in 0..<count {
            let row = out.row(lane) + column
            for channel in whole..<valueSize { row[channel] = sums[channel * Self.size + lane] }
        }
    }
}
