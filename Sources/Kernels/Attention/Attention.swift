import Vectors

/// Causal scaled dot-product attention, softmax(scale·q·kᵀ)·v, for windows of `windowLength` rows stacked on each other.
///
/// Query head h attends with key and value head h / (queries.count / keys.count). Each token sees the tokens of its window
/// up to itself, only the last `slidingWindow` of them (itself included) if given. Head h's result goes to the columns
/// from h·values.size of `out`, which must not overlap the heads. Nothing of size tokens² is stored, and blocks of keys
/// that no query of a block may see are skipped (Rabe and Staats, 2112.05682; Dao et al., 2205.14135). A row's result
/// depends on its own window alone.
///
/// `form` says what else scores pass before they are masked, such as a soft cap or a bias for each key.
///
/// With `positions` only the queries there attend in each window, and `out` has only their rows.
package func attention(
    queries: HeadLayout, keys: HeadLayout, values: HeadLayout, windowLength: Int, scale: Float,
    slidingWindow: Int? = nil, form scoreForm: ScoreForm = ScoreForm(), positions: Range<Int>? = nil,
    into out: MatrixView
) {
    let positions = positions ?? 0..<windowLength
    precondition(queries.rows == keys.rows && keys.rows == values.rows)
    precondition(positions.lowerBound >= 0 && positions.upperBound <= windowLength)
    precondition(queries.rows / windowLength * positions.count == out.rows)
    precondition(keys.count == values.count && keys.count > 0 && queries.count % keys.count == 0)
    precondition(queries.size == keys.size && out.columns == queries.count * values.size)
    precondition(windowLength > 0 && queries.rows % windowLength == 0 && slidingWindow ?? 1 > 0)
    precondition(scoreForm.keyBias.map { $0.rows == queries.count && $0.columns >= windowLength } ?? true)
    precondition(scoreForm.sinks.map { $0.count == queries.count } ?? true)
    let call = AttentionCall(
        queries: queries, keys: keys, values: values, windowLength: windowLength, scale: scale,
        scoreForm: scoreForm, visible: min(slidingWindow ?? windowLength, windowLength), positions: positions, out: out,
        form: .current,
        loops: Processor.loops)
    let units = queries.rows / windowLength * keys.count
    // Where windows and heads are too few for all workers, the panels of queries of each are dealt out.
    let parts = units >= 4 * Parallel.width ? 1 : min(call.queryPanels, 2 * Parallel.width)
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
    let scoreForm: ScoreForm
    /// The keys that a query sees at most.
    let visible: Int
    let positions: Range<Int>
    let out: MatrixView
    let form: PanelForm
    let loops: ElementLoops

    var queryPanels: Int { form.weightPanels(positions.count) }

    /// The results of each `parts`-th panel of queries from `part` on, for all query heads that share one key head.
    func run(window: Int, keyHead: Int, part: Int, of parts: Int) {
        let panelFloats = QueryPanel.floatCount(querySize: queries.size, valueSize: values.size, form: form)
        let headFloats = PackedHead.floatCount(
            rows: windowLength, keySize: keys.size, valueSize: values.size, form: form)
        Scratch.withFloats(panelFloats + headFloats) { memory in
            let firstRow = window * windowLength
            let head = PackedHead(
                keys: keys, values: values, head: keyHead, rows: firstRow..<firstRow + windowLength, form: form,
                memory: memory + panelFloats)
            var panel = QueryPanel(
                querySize: queries.size, valueSize: values.size, form: form, loops: loops, memory: memory)
            let group = queries.count / keys.count
            form.multiplying {
                let firstQuery = positions.lowerBound + part * form.weightRows
                for first in stride(from: firstQuery, to: positions.upperBound, by: parts * form.weightRows) {
                    let panelPositions = first..<min(positions.upperBound, first + form.weightRows)
                    for queryHead in keyHead * group..<(keyHead + 1) * group {
                        panel.load(
                            queries, head: queryHead, positions: panelPositions, firstRow: firstRow, scale: scale,
                            form: scoreForm.head(queryHead))
                        panel.attend(to: head, visible: visible)
                        panel.write(
                            to: out, firstRow: window * positions.count - positions.lowerBound,
                            column: queryHead * values.size)
                    }
                }
            }
        }
    }
}
