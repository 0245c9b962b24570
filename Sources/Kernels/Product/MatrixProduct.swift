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
    guard weight.rows * weight.columns <= Blocking.prepackedWeights(form, rows: x.rows) else {
        return StreamedProduct.run(x, weight, bias: bias, into: out, form: form)
    }
    let prepacked = PrepackedWeight(weight, bias: bias)
    let blocks = Blocking.rowBlocks(x.rows, form: form, largest: Blocking.largestRows(form))
    Parallel.forEach(blocks.count) { prepacked.multiply(x.rows(blocks[$0]), into: out.rows(blocks[$0])) }
}
