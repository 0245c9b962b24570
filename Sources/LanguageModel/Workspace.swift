import Kernels

/// The intermediate results of one layer for one chunk of windows, allocated once and used by every layer.
final class Workspace: Sendable {
    private let normed, projected, attended, heads, inner, gate: Matrix

    /// Floats per row of the chunk.
    static func width(of description: DecoderDescription) -> Int {
        let sizes = Sizes(description)
        return 2 * description.width + sizes.queries + sizes.heads + sizes.inner + sizes.gate
    }

    init(_ description: DecoderDescription, rows: Int) {
        let sizes = Sizes(description)
        normed = Matrix(rows: rows, columns: description.width)
        projected = Matrix(rows: rows, columns: description.width)
        attended = Matrix(rows: rows, columns: sizes.queries)
        heads = Matrix(rows: rows, columns: sizes.heads)
        inner = Matrix(rows: rows, columns: sizes.inner)
        gate = Matrix(rows: rows, columns: sizes.gate)
    }

    /// The first `rows` rows of each part, in the widths of one layer.
    func views(_ layer: LayerDescription, rows: Int) -> Views {
        func view(_ matrix: Matrix, _ columns: Int) -> MatrixView {
            MatrixView(base: matrix.base, rows: rows, columns: columns, stride: columns)
        }
        let attention = layer.attention
        let inner = layer.perceptron.up.outputs
        return Views(
            normed: view(normed, normed.columns), projected: view(projected, projected.columns),
            attended: view(attended, attention.queryWidth),
            heads: view(heads, attention.queryWidth + 2 * attention.keyWidth),
            inner: view(self.inner, inner), gate: view(gate, layer.perceptron.gate == nil ? 0 : inner))
    }

    struct Views {
        let normed, projected, attended, heads, inner, gate: MatrixView
    }

    private struct Sizes {
        var queries = 0
        var heads = 0
        var inner = 0
        var gate = 0

        init(_ description: DecoderDescription) {
            for layer in description.layers {
                let attention = layer.attention
                queries = max(queries, attention.queryWidth)
                heads = max(heads, attention.queryWidth + 2 * attention.keyWidth)
                inner = max(inner, layer.perceptron.up.outputs)
                if layer.perceptron.gate != nil { gate = max(gate, inner) }
            }
        }
    }
}
