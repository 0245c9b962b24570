/// Causal scaled dot-product attention, softmax(scale·q·kᵀ)·v, for windows of `windowLength` rows stacked on each other.
///
/// Query head h attends with key and value head h / (queries.count / keys.count). Each token sees the tokens of its window
/// up to itself, only the last `slidingWindow` of them (itself included) if given. Head h's result goes to the columns
/// from h·values.size of `out`, which must not overlap the heads. Nothing of size tokens² is stored, and blocks of keys
/// that no query of a block may see are skipped (Rabe and Staats, 2112.05682; Dao et al., 2205.14135). A row's result
/// depends on its own window alone.
package func attention(
    queries: HeadLayout, keys: HeadLayout, values: HeadLayout, windowLength: Int, scale: Float,
    slidingWindow: Int? = nil, into out: MatrixView
) {
    precondition(queries.rows == keys.rows && keys.rows == values.rows && queries.rows == out.rows)
    precondition(keys.count == values.count && keys.count > 0 && queries.count % keys.count == 0)
    precondition(queries.size == keys.size && out.columns == queries.count * values.size)
    precondition(windowLength > 0 && queries.rows % windowLength == 0 && slidingWindow ?? 1 > 0)
    let call = AttentionCall(
        queries: queries, keys: keys, values: values, windowLength: windowLength, scale: scale,
        visible: slidingWindow ?? windowLength, out: out)
    let units = queries.rows / windowLength * keys.count
    // Where windows and heads are too few for all workers, the query blocks of each are dealt out.
    let parts = units >= 4 * Parallel.width ? 1 : min(call.queryBlocks, 2 * Parallel.width)
    Parallel.forEach(units * parts) { task in
        let unit = task / parts
        call.run(window: unit / keys.count, keyHead: unit % keys.count, part: task % parts, of: parts)
    }
}

/// The arguments of one call of `attention`, and what each of its tasks does.
private struct AttentionCall: Sendable {
    let queries: HeadLayout
    let keys: HeadLayout
    let values: HeadLayout
    let windowLength: Int
    let scale: Float
    /// The keys that a query sees at most.
    let visible: Int
    let out: MatrixView

    var queryBlocks: Int { (windowLength + QueryBlock.size - 1) / QueryBlock.size }

    /// The results of each `parts`-th query block from `part` on, for all query heads that share one key head.
    func run(window: Int, keyHead: Int, part: Int, of parts: Int) {
        let length = windowLength
        let keyFloats = PackedHead.floatCount(rows: length, size: keys.size)
        let valueFloats = PackedHead.floatCount(rows: length, size: values.size)
        let blockFloats = QueryBlock.floatCount(querySize: queries.size, valueSize: values.size)
        Scratch.withFloats(keyFloats + valueFloats + blockFloats) { memory in
            let head = PackedHead(
                keys: keys, values: values, head: keyHead, rows: window * length..<(window + 1) * length,
                keyMemory: memory, valueMemory: memory + keyFloats)
            let group = queries.count / keys.count
            for index in stride(from: part, to: queryBlocks, by: parts) {
                for queryHead in keyHead * group..<(keyHead + 1) * group {
                    var block = QueryBlock(
                        first: index * QueryBlock.size, count: min(QueryBlock.size, length - index * QueryBlock.size),
                        querySize: queries.size, valueSize: values.size, memory: memory + keyFloats + valueFloats)
                    let firstRow = window * length + block.first
                    block.load(queries, head: queryHead, firstRow: firstRow, scale: scale)
                    block.attend(to: head, visible: visible)
                    block.write(to: out.rows(firstRow..<firstRow + block.count), column: queryHead * values.size)
                }
            }
        }
    }
}
