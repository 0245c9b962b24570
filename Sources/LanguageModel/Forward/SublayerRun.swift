import Compression
package import Kernels

/// The two parts of a layer that add to the residual stream.
package enum Sublayer { case attention, mlp }

extension LayerwiseRun {
    /// The residual stream of all windows in front of a sublayer.
    package func stream(inFrontOf part: Sublayer, layer index: Int) throws(LanguageModelError) -> Matrix {
        let copy = Matrix(rows: hidden.rows, columns: hidden.columns)
        copy.view.copy(from: hidden.view)
        guard part == .mlp, !description.layers[index].parallel else { return copy }
        let pass = try pass(index, replacing: [:])
        for chunk in chunks(copy) {
            try checkCancellation()
            pass.addAttention(to: chunk)
        }
        return copy
    }

    /// What a sublayer makes of such a stream.
    package func contribution(
        of part: Sublayer, layer index: Int, from stream: Matrix
    ) throws(LanguageModelError) -> Matrix {
        let result = Matrix(rows: stream.rows, columns: stream.columns)
        let pass = try pass(index, replacing: [:])
        for (chunk, target) in zip(chunks(stream), chunks(result)) {
            try checkCancellation()
            target.copy(from: pass.contribution(of: part, chunk))
        }
        return result
    }

    /// Σ (f(x) − f′(x))² over all elements of what a sublayer makes of a stream, where f′ has other weights in the place
    /// of some modules'.
    package func squaredError(
        of part: Sublayer, layer index: Int, from stream: Matrix, to expected: Matrix,
        replacing weights: [String: any WeightMatrix]
    ) throws(LanguageModelError) -> Double {
        let pass = try pass(index, replacing: weights)
        var total = 0.0
        for (chunk, wanted) in zip(chunks(stream), chunks(expected)) {
            try checkCancellation()
            total += squaredDistance(pass.contribution(of: part, chunk), wanted)
        }
        return total
    }
}

/// Σ (a − b)², rows in order.
package func squaredDistance(_ a: MatrixView, _ b: MatrixView) -> Double {
    precondition(a.rows == b.rows && a.columns == b.columns)
    let rowsPerTask = max(1, 16_384 / max(1, a.columns))
    let parts = Parallel.map((a.rows + rowsPerTask - 1) / rowsPerTask) { task in
        var sum = 0.0
        for row in task * rowsPerTask..<min(a.rows, (task + 1) * rowsPerTask) {
            let (left, right) = (a.row(row), b.row(row))
            for column in 0..<a.columns {
                let difference = Double(left[column] - right[column])
                sum += difference * difference
            }
        }
        return sum
    }
    return parts.reduce(0, +)
}

extension LayerPass {
    /// What a sublayer makes of rows of the residual stream; the view is the workspace's.
    func contribution(of part: Sublayer, _ hidden: MatrixView) -> MatrixView {
        let views = workspace.views(layer, rows: hidden.rows)
        switch part {
        case .attention:
            attend(hidden, views)
            return views.projected
        case .mlp:
            runMLP(hidden, views)
            return views.normed
        }
    }

    /// Adds the attention's contribution, as a layer does whose sublayers follow each other.
    func addAttention(to hidden: MatrixView) {
        let views = workspace.views(layer, rows: hidden.rows)
        attend(hidden, views)
        addResidual(hidden, views.projected, weights.attentionNorms)
    }
}
