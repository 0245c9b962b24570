import Vectors

/// The queries of one head that make a panel, sixteen to a block, on their way over the keys.
struct QueryPanel {
    /// The keys whose weights are summed at a time, whole panels; blocks start at multiples of it, so that a query's
    /// sums have a fixed order.
    ///
    /// Their scores (12 KiB) and the split of their weights (18 KiB) stay in the first-level cache; in floats there are
    /// only scores (24 KiB).
    private static func keyBlock(_ form: PanelForm) -> Int { form == .splitBFloat16 ? 96 : 192 }

    private let form: PanelForm
    private let querySize: Int
    private let valueSize: Int
    private var blocks: [QueryBlock]
    /// The positions of the queries in their window.
    private var positions = 0..<0
    private let zeros: UnsafeMutablePointer<Float>
    private let scores: UnsafeMutablePointer<Float>
    private let sums: UnsafeMutablePointer<Float>
    /// Where the form packs queries and weights if they cannot stay as they are.
    private let queryMemory: UnsafeMutablePointer<Float>
    private let weightMemory: UnsafeMutablePointer<Float>

    /// The memory that a panel works in.
    static func floatCount(querySize: Int, valueSize: Int, form: PanelForm) -> Int {
        form.weightRows * (1 + querySize + keyBlock(form) + sumRows(valueSize, form))
            + form.laneFloats(depth: querySize) + form.laneFloats(depth: keyBlock(form))
    }

    /// Channels in whole panels.
    private static func sumRows(_ valueSize: Int, _ form: PanelForm) -> Int {
        form.inputPanels(valueSize) * form.inputRows
    }

    init(
        querySize: Int, valueSize: Int, form: PanelForm, loops: ElementLoops,
        memory: UnsafeMutablePointer<Float>
    ) {
        (self.form, self.querySize, self.valueSize) = (form, querySize, valueSize)
        let (width, lanes) = (form.weightRows, QueryBlock.size)
        let sumRows = Self.sumRows(valueSize, form)
        zeros = memory
        let queries = zeros + width
        let scores = queries + width * querySize
        let sums = scores + width * Self.keyBlock(form)
        queryMemory = sums + width * sumRows
        weightMemory = queryMemory + form.laneFloats(depth: querySize)
        zeros.update(repeating: 0, count: width)
        // Channels that only fill up the last panel are summed as well.
        sums.update(repeating: 0, count: width * sumRows)
        (self.scores, self.sums) = (scores, sums)
        blocks = (0..<form.laneBlocks).map { index in
            QueryBlock(
                querySize: querySize, valueSize: valueSize, query: queries + index * lanes * querySize,
                scores: scores + index * lanes * Self.keyBlock(form), sums: sums + index * lanes * sumRows,
                loops: loops)
        }
    }

    /// Starts anew with the queries at some positions of a window that begins at `firstRow`.
    mutating func load(
        _ heads: HeadLayout, head: Int, positions: Range<Int>, firstRow: Int, scale: Float, form: HeadScoreForm
    ) {
        self.positions = positions
        for index in blocks.indices {
            let rows = block(index)
            blocks[index].load(
                heads, head: head, rows: firstRow + rows.lowerBound..<firstRow + rows.upperBound,
                position: rows.lowerBound, scale: scale, form: form)
        }
    }

    /// The positions of one block's queries.
    private func block(_ index: Int) -> Range<Int> {
        let first = positions.lowerBound + index * QueryBlock.size
        return min(first, positions.upperBound)..<min(first + QueryBlock.size, positions.upperBound)
    }

    /// Attends to all keys that any of the queries sees, block by block.
    ///
    /// Called by a body of `form.multiplying`.
    mutating func attend(to head: PackedHead, visible: Int) {
        let queries = form.packLanes(
            blocks[0].query, blockStride: QueryBlock.size * querySize, depth: querySize, into: queryMemory)
        let lowest = max(0, positions.lowerBound - visible + 1)
        let firstSeen = lowest / form.inputRows * form.inputRows
        let block = Self.keyBlock(form)
        for start in stride(from: lowest / block * block, to: positions.upperBound, by: block) {
            let keys = max(start, firstSeen)..<min(start + block, positions.upperBound)
            accumulate(head, queries, keys: keys, visible: visible)
        }
    }

    private mutating func accumulate(
        _ head: PackedHead, _ queries: PanelForm.LanePanel, keys: Range<Int>, visible: Int
    ) {
        let blockStride = QueryBlock.size * Self.keyBlock(form)
        form.multiplyLanes(
            depth: querySize, head.keys(keys.lowerBound), inputStride: head.keyStride, queries, start: zeros,
            into: scores, blockStride: blockStride, rows: form.inputPanels(keys.count) * form.inputRows)
        for index in blocks.indices { blocks[index].weigh(keys, visible: visible) }
        let weights = form.packLanes(scores, blockStride: blockStride, depth: keys.count, into: weightMemory)
        let sumRows = Self.sumRows(valueSize, form)
        form.multiplyLanes(
            depth: keys.count, head.values(keys.lowerBound), inputStride: head.valueStride, weights, start: nil,
            into: sums, blockStride: QueryBlock.size * sumRows, rows: sumRows)
    }

    /// Writes the weighted means, one row for each query, from `column` on.
    func write(to out: MatrixView, firstRow: Int, column: Int) {
        for (index, block) in blocks.enumerated() {
            let rows = self.block(index)
            block.write(
                to: out.rows(firstRow + rows.lowerBound..<firstRow + rows.upperBound), column: column)
        }
    }
}
