import Kernels

/// The intermediate results of one layer for one chunk of windows, allocated once and used by every layer.
///
/// Heads and what attention makes of them are no longer needed when the perceptron runs: its inner values use the same
/// memory.
final class Workspace: Sendable {
    private let normed, projected, shared: Matrix

    /// Floats per row of the chunk.
    static func width(of description: DecoderDescription) -> Int {
        2 * description.width + sharedWidth(description)
    }

    init(_ description: DecoderDescription, rows: Int) {
        normed = Matrix(rows: rows, columns: description.width)
        projected = Matrix(rows: rows, columns: description.width)
        shared = Matrix(rows: rows, columns: Self.sharedWidth(description))
    }

    /// The parts for a layer and a chunk of `rows`, each row after row without gaps.
    func views(_ layer: LayerDescription, rows: Int) -> Views {
        let widths = Widths(layer)
        func view(_ matrix: Matrix, after skipped: Int = 0, _ columns: Int) -> MatrixView {
            MatrixView(base: matrix.base + rows * skipped, rows: rows, columns: columns, stride: columns)
        }
        return Views(
            normed: view(normed, normed.columns), projected: view(projected, projected.columns),
            heads: view(shared, widths.heads), attended: view(shared, after: widths.heads, widths.attended),
            inner: view(shared, widths.inner), gate: view(shared, after: widths.inner, widths.gate))
    }

    struct Views {
        let normed, projected, heads, attended, inner, gate: MatrixView

        /// The first rows of each.
        func rows(_ count: Int) -> Views {
            Views(
                normed: normed.rows(0..<count), projected: projected.rows(0..<count), heads: heads.rows(0..<count),
                attended: attended.rows(0..<count), inner: inner.rows(0..<count), gate: gate.rows(0..<count))
        }
    }

    private struct Widths {
        let heads, attended, inner, gate: Int

        init(_ layer: LayerDescription) {
            attended = layer.attention.queryWidth
            heads = attended + 2 * layer.attention.keyWidth
            inner = layer.perceptron.up.outputs
            gate = layer.perceptron.gate == nil ? 0 : inner
        }
    }

    private static func sharedWidth(_ description: DecoderDescription) -> Int {
        description.layers.map { layer in
            let widths = Widths(layer)
            return max(widths.heads + widths.attended, widths.inner + widths.gate)
        }.max() ?? 0
    }
}
