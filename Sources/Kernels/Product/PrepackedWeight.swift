/// A linear layer's weight, packed once, whole, while many rows pass it, a few at a time.
package final class PrepackedWeight: Sendable {
    private let memory: Scratch.Loan
    private let packed: PackedWeights

    /// Whether a layer of so many weights is worth prepacking for so many rows: it stays in the caches.
    package static func isWorthwhile(weights: Int, rows: Int) -> Bool {
        weights <= min(limit ?? .max, Blocking.prepackedLayer(.current, rows: rows))
    }

    /// An upper bound on the weights of a layer that is prepacked, inside a `$limit.withValue` scope: for tests that
    /// compare.
    @TaskLocal package static var limit: Int?

    /// Packs a weight, in parallel, with the bias of its outputs.
    package init(_ weight: any WeightMatrix, bias: [Float]?) {
        let form = PanelForm.current
        memory = Scratch.Loan(PackedWeights.floatCount(rows: weight.rows, depth: weight.columns, form: form))
        packed = PackedWeights(weight, rows: 0..<weight.rows, bias: bias, form: form, in: memory.base)
        Parallel.forEach(packed.packingTasks) { [packed] in packed.pack($0) }
    }

    /// out = x·weightᵀ + bias on this thread, in the same bits as ``multiply(_:_:bias:into:)``.
    package func multiply(_ x: MatrixView, into out: MatrixView) {
        let form = packed.form
        let depthBlock = Blocking.depth(x.columns, form: form)
        Scratch.withFloats(form.inputPanels(x.rows) * form.inputFloats(depth: depthBlock)) { inputs in
            for first in stride(from: 0, to: max(1, x.columns), by: depthBlock) {
                let depths = first..<min(x.columns, first + depthBlock)
                form.pack(x, rows: 0..<x.rows, columns: depths, into: inputs)
                form.multiplying { packed.multiply(inputs, depths: depths, into: out) }
            }
        }
    }
}

/// Calls `body` with blocks of consecutive rows, several at a time: as many rows as should pass a prepacked weight at once.
///
/// Loops inside of `body` run on its own thread.
package func forEachRowBlock(_ rows: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let form = PanelForm.current
    let blocks = Blocking.rowBlocks(rows, form: form, largest: Blocking.largestRows(form))
    Parallel.forEach(blocks.count) { index in
        Parallel.$limit.withValue(1) { body(blocks[index]) }
    }
}
