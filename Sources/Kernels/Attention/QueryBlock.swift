import Vectors

/// Sixteen consecutive queries of one head on their way over the keys: the lanes of all vectors are queries.
///
/// Scores and sums are kept transposed, `[key][query]` and `[channel][query]`, so that maxima and sums over keys need no
/// step across lanes, and the weights of one block of keys are at once the right operand of the product with the values.
struct QueryBlock {
    /// The queries of a block, the columns of a block of weights.
    static let size = tileColumns

    /// The first query's position in its window, and the number of queries.
    private var first = 0
    private(set) var count = 0
    private let querySize: Int
    private let valueSize: Int
    /// The queries times the scale, `[channel][query]`.
    let query: UnsafeMutablePointer<Float>
    /// The scores of one block of keys, then their weights.
    let scores: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Float>
    private var softmax = OnlineSoftmax()
    private var form = HeadScoreForm(softCap: nil, keyBias: nil, sink: nil)
    private let loops: ElementLoops

    /// A block without queries that works in borrowed memory.
    init(
        querySize: Int, valueSize: Int, query: UnsafeMutablePointer<Float>, scores: UnsafeMutablePointer<Float>,
        sums: UnsafeMutablePointer<Float>, loops: ElementLoops
    ) {
        (self.querySize, self.valueSize, self.loops) = (querySize, valueSize, loops)
        (self.query, self.scores, self.sums) = (query, scores, sums)
    }

    /// Starts anew with `rows` of one head, sixteen at most, the first of which is at `position` of its window.
    mutating func load(
        _ heads: HeadLayout, head: Int, rows: Range<Int>, position: Int, scale: Float, form: HeadScoreForm
    ) {
        (first, count, softmax, self.form) = (position, rows.count, form.softmax, form)
        sums.update(repeating: 0, count: valueSize * Self.size)
        let whole = count & ~7
        if count < Self.size { query.update(repeating: 0, count: querySize * Self.size) }
        for lane in stride(from: 0, to: whole, by: 8) {
            transposeEightRows(
                heads.row(rows.lowerBound + lane, head: head), stride: heads.base.stride, columns: querySize,
                into: query + lane, stride: Self.size)
        }
        for lane in whole..<count {
            let source = heads.row(rows.lowerBound + lane, head: head)
            for channel in 0..<querySize { query[channel * Self.size + lane] = source[channel] }
        }
        for index in stride(from: 0, to: querySize * Self.size, by: 8) {
            query.store(query.lanes(index) * scale, index)
        }
    }

    /// Turns the scores of some keys into weights, and scales the sums to them.
    mutating func weigh(_ keys: Range<Int>, visible: Int) {
        form.shape(scores, keys: keys, loops: loops)
        mask(keys, visible: visible)
        loops.accumulate(&softmax, scores, keys.count, sums, valueSize)
    }

    /// Gives the weight zero to keys after a query, and to those too far before it.
    private func mask(_ keys: Range<Int>, visible: Int) {
        let (later, earlier) = (max(keys.lowerBound, first + 1), min(keys.upperBound, first + Self.size - visible))
        for key in min(later, keys.upperBound)..<keys.upperBound {
            mask(key - keys.lowerBound) { $0 .< Lanes(repeating: Float(key - first)) }
        }
        for key in keys.lowerBound..<max(keys.lowerBound, earlier) {
            mask(key - keys.lowerBound) { $0 .>= Lanes(repeating: Float(key - first + visible)) }
        }
    }

    /// Lowers the scores of one key for the lanes that `isHidden` tells from their numbers.
    @inline(__always)
    private func mask(_ row: Int, where isHidden: (Lanes) -> SIMDMask<SIMD8<Int32>>) {
        let (lanes, lowest, index) = (Lanes(0, 1, 2, 3, 4, 5, 6, 7), Lanes(repeating: -.infinity), row * Self.size)
        scores.store(scores.lanes(index).replacing(with: lowest, where: isHidden(lanes)), index)
        scores.store(scores.lanes(index + 8).replacing(with: lowest, where: isHidden(lanes + 8)), index + 8)
    }

    /// Writes the weighted means, one row for each query, from `column` on.
    func write(to out: MatrixView, column: Int) {
        for index in stride(from: 0, to: valueSize * Self.size, by: Self.size) {
            sums.store(sums.floats(index) / softmax.total, index)
        }
        let whole = valueSize & ~7
        for channel in stride(from: 0, to: whole, by: 8) {
            transposeEightRows(
                UnsafePointer(sums + channel * Self.size), stride: Self.size, columns: count,
                into: out.base + column + channel, stride: out.stride)
        }
        for lane in 0..<count {
            let row = out.row(lane) + column
            for channel in whole..<valueSize { row[channel] = sums[channel * Self.size + lane] }
        }
    }
}
