import Compression
package import Kernels

/// The two parts of a layer that add to the residual stream.
package enum Sublayer { case attention, mlp }

extension LayerwiseRun {
    /// The residual stream of all windows, or of some by their places, in front of a sublayer.
    package func stream(
        inFrontOf part: Sublayer, layer index: Int, windows: [Int]? = nil
    ) throws(LanguageModelError) -> Matrix {
        let windows = windows ?? Array(0..<hidden.rows / context)
        let copy = Matrix(rows: windows.count * context, columns: hidden.columns)
        for (place, window) in windows.enumerated() {
            copy.view.rows(place * context..<(place + 1) * context).copy(
                from: hidden.view.rows(window * context..<(window + 1) * context))
        }
        guard part == .mlp, !description.layers[index].parallel else { return copy }
        let pass = try pass(index, replacing: [:])
        for chunk in chunks(copy) {
            try checkCancellation()
            pass.addAttention(to: chunk)
        }
        return copy
    }

    /// The rows of a stream that are compared together: a window, which attention takes whole, or some tokens.
    package func unitRows(of part: Sublayer) -> Int { part == .attention ? context : min(8, chunkRows) }

    /// What a sublayer makes of some rows of such a stream: whole windows where it is attention.
    package func contribution(
        of part: Sublayer, layer index: Int, from stream: Matrix
    ) throws(LanguageModelError) -> Matrix {
        let result = Matrix(rows: stream.rows, columns: stream.columns)
        let pass = try pass(index, replacing: [:])
        for range in chunks(stream.rows, unit: unitRows(of: part)) {
            try checkCancellation()
            result.view.rows(range).copy(from: pass.contribution(of: part, stream.view.rows(range)))
        }
        return result
    }

    /// Σ (f(x) − f′(x))² over all elements of what a sublayer makes of each unit of some rows, where f′ has other weights
    /// in the place of some modules'.
    package func squaredErrors(
        of part: Sublayer, layer index: Int, from stream: Matrix, to expected: Matrix,
        replacing weights: [String: any WeightMatrix]
    ) throws(LanguageModelError) -> [Double] {
        let pass = try pass(index, replacing: weights)
        let unit = unitRows(of: part)
        var errors: [Double] = []
        for range in chunks(stream.rows, unit: unit) {
            try checkCancellation()
            let found = pass.contribution(of: part, stream.view.rows(range))
            errors += squaredDistances(found, expected.view.rows(range), rows: unit)
        }
        return errors
    }

    /// As many whole units at a time as pass a layer together.
    private func chunks(_ rows: Int, unit: Int) -> [Range<Int>] {
        let length = chunkRows / unit * unit
        return stride(from: 0, to: rows, by: length).map { $0..<min(rows, $0 + length) }
    }
}

/// Σ (a − b)² over each so many rows.
package func squaredDistances(_ a: MatrixView, _ b: MatrixView, rows: Int) -> [Double] {
    precondition(a.rows == b.rows && a.columns == b.columns)
    return Parallel.map((a.rows + rows - 1) / rows) { unit in
        var sum = 0.0
        for row in unit * rows..<min(a.rows, (unit + 1) * rows) {
            let (left, right) = (a.row(row), b.row(row))
            for column in 0..<a.columns {
                let difference = Double(left[column] - right[column])
                sum += difference * difference
            }
        }
        return sum
    }
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
