/// out[t, r] = Σ_c x[t, c]·weight[r, c] + bias[r], in parallel.
///
/// x is tokens × inputs, the weight outputs × inputs, out tokens × outputs; `out` must not overlap `x`. The order of each
/// sum depends on the number of inputs alone: a result is the same bits whatever the other rows and the threads.
package func multiply(_ x: MatrixView, _ weight: any WeightMatrix, bias: [Float]? = nil, into out: MatrixView) {
    precondition(x.columns == weight.columns && out.rows == x.rows && out.columns == weight.rows)
    precondition(bias.map { $0.count == weight.rows } ?? true)
    guard weight.rows * weight.columns <= Blocking.keptWeights else {
        return StreamedProduct.run(x, weight, bias: bias, into: out)
    }
    // A small weight is packed whole, and each task packs its own rows.
    Scratch.withFloats(PackedWeights.floatCount(rows: weight.rows, depth: weight.columns)) { memory in
        let packed = PackedWeights(weight, rows: 0..<weight.rows, bias: bias, in: memory)
        let block = Blocking.rows(x.rows)
        Parallel.forEach((x.rows + block - 1) / block) { task in
            let rows = task * block..<min(x.rows, (task + 1) * block)
            multiplyRows(x.rows(rows), packed, into: out.rows(rows))
        }
    }
}

/// out = x·weightsᵀ + bias on this thread.
private func multiplyRows(_ x: MatrixView, _ weights: PackedWeights, into out: MatrixView) {
    let depthBlock = Blocking.depth(x.columns)
    let panels = (x.rows + tileRows - 1) / tileRows
    Scratch.withFloats(panels * tileRows * depthBlock) { inputs in
        for first in stride(from: 0, to: max(1, x.columns), by: depthBlock) {
            let depths = first..<min(x.columns, first + depthBlock)
            packInputs(x, rows: 0..<x.rows, columns: depths, into: inputs)
            multiplyPanels(inputs, weights, depths: depths, into: out)
        }
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
        multiplyTiles(
            depth: depths.count, inputs, panelStride: tileRows * depths.count, panel, start: start,
            into: TileTarget(base: out.base + column, stride: out.stride, rows: out.rows, columns: width))
    }
}
