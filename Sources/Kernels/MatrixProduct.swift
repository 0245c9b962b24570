/// out[t, r] = Σ_c x[t, c]·weight[r, c] + bias[r], in parallel.
///
/// x is tokens × inputs, the weight outputs × inputs, out tokens × outputs; `out` must not overlap `x`. The order of each
/// sum depends on the number of inputs alone: a result is the same bits whatever the other rows and the threads.
package func multiply(_ x: MatrixView, _ weight: any WeightMatrix, bias: [Float]? = nil, into out: MatrixView) {
    multiply([x], weight, bias: bias, into: [out])
}

/// The products of several inputs with one weight, which is decoded once for all of them: out[i] = x[i]·weightᵀ + bias.
package func multiply(_ x: [MatrixView], _ weight: any WeightMatrix, bias: [Float]? = nil, into out: [MatrixView]) {
    precondition(x.count == out.count)
    for (x, out) in zip(x, out) {
        precondition(x.columns == weight.columns && out.rows == x.rows && out.columns == weight.rows)
    }
    precondition(bias.map { $0.count == weight.rows } ?? true)
    let block = Blocking.columns(weight.rows, depth: weight.columns)
    Scratch.withFloats(PackedWeights.floatCount(rows: block, depth: weight.columns)) { memory in
        for first in stride(from: 0, to: weight.rows, by: block) {
            let rows = first..<min(weight.rows, first + block)
            let packed = PackedWeights(weight, rows: rows, bias: bias, in: memory)
            let tasks = zip(x, out).flatMap { rowTasks($0, into: $1.columns(rows)) }
            Parallel.forEach(tasks.count) { multiplyRows(tasks[$0].x, packed, into: tasks[$0].out) }
        }
    }
}

/// Cuts a product into blocks of rows, one for each task.
private func rowTasks(_ x: MatrixView, into out: MatrixView) -> [(x: MatrixView, out: MatrixView)] {
    let block = Blocking.rows(x.rows)
    return stride(from: 0, to: x.rows, by: block).map { first in
        let rows = first..<min(x.rows, first + block)
        return (x.rows(rows), out.rows(rows))
    }
}

/// out = x·weightsᵀ + bias on this thread.
func multiplyRows(_ x: MatrixView, _ weights: PackedWeights, into out: MatrixView) {
    let depthBlock = Blocking.depth(x.columns)
    let panels = (x.rows + tileRows - 1) / tileRows
    Scratch.withFloats(panels * tileRows * depthBlock + 8) { inputs in
        var first = 0
        repeat {
            let depths = first..<min(x.columns, first + depthBlock)
            packInputs(x, rows: 0..<x.rows, columns: depths, into: inputs)
            multiplyPanels(inputs, weights, depths: depths, into: out)
            first += depthBlock
        } while first < x.columns
    }
}

/// Multiplies packed inputs by packed weights over one block of depth; `out` has the columns from `firstPanel` on.
func multiplyPanels(
    _ inputs: UnsafePointer<Float>, _ weights: PackedWeights, firstPanel: Int = 0, depths: Range<Int>,
    into out: MatrixView
) {
    for column in stride(from: 0, to: out.columns, by: panelWidth) {
        let index = firstPanel + column / panelWidth
        let panel = weights.panel(index, depth: depths.lowerBound)
        let start = depths.lowerBound == 0 ? weights.start(index) : nil
        let width = min(panelWidth, out.columns - column)
        var input = inputs
        for row in stride(from: 0, to: out.rows, by: tileRows) {
            multiplyTile(
                depth: depths.count, input, panel, start: start,
                into: TileTarget(
                    base: out.row(row) + column, stride: out.stride, rows: min(tileRows, out.rows - row),
                    columns: width))
            input += tileRows * depths.count
        }
    }
}
