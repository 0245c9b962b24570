/// out[t, r] = Σ_c x[t, c]·weight[r, c] + bias[r], in parallel.
///
/// x is tokens × inputs, the weight outputs × inputs, out tokens × outputs; `out` must not overlap `x`. The order of each
/// sum depends on the number of inputs and the form alone: a result is the same bits whatever the other rows and the threads.
package func multiply(
    _ x: MatrixView, _ weight: any WeightMatrix, bias: [Float]? = nil, into out: MatrixView
) {
    precondition(x.columns == weight.columns && out.rows == x.rows && out.columns == weight.rows)
    precondition(bias.map { $0.count == weight.rows } ?? true)
    let form = PanelForm.current
    guard weight.rows * weight.columns <= Blocking.keptWeights(form, rows: x.rows) else {
        return StreamedProduct.run(x, weight, bias: bias, into: out, form: form)
    }
    // A small weight is packed whole, and each task packs its own rows.
    let floats = PackedWeights.floatCount(rows: weight.rows, depth: weight.columns, form: form)
    Scratch.withFloats(floats) { memory in
        let packed = PackedWeights(weight, rows: 0..<weight.rows, bias: bias, form: form, in: memory)
        Parallel.forEach(packed.packingTasks) { packed.pack($0) }
        let blocks = Blocking.rowBlocks(x.rows, form: form, largest: Blocking.largestRows(form))
        Parallel.forEach(blocks.count) { task in
            multiplyRows(x.rows(blocks[task]), packed, into: out.rows(blocks[task]))
        }
    }
}

/// out = x·weightsᵀ + bias on this thread.
private func multiplyRows(_ x: MatrixView, _ weights: PackedWeights, into out: MatrixView) {
    let form = weights.form
    let depthBlock = Blocking.depth(x.columns, form: form)
    Scratch.withFloats(form.inputPanels(x.rows) * form.inputFloats(depth: depthBlock)) { inputs in
        for first in stride(from: 0, to: max(1, x.columns), by: depthBlock) {
            let depths = first..<min(x.columns, first + depthBlock)
            form.pack(x, rows: 0..<x.rows, columns: depths, into: inputs)
            form.multiplying { weights.multiply(inputs, depths: depths, into: out) }
        }
    }
}
