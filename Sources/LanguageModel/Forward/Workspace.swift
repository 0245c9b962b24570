import Kernels

/// The intermediate results of one layer for one chunk of windows, allocated once and used by every layer.
///
/// Heads and what attention makes of them are no longer needed when the MLP runs: its intermediate values use the same
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
            intermediate: view(shared, widths.intermediate),
            gate: view(shared, after: widths.intermediate, widths.gate),
            chosen: view(shared, after: widths.intermediate + widths.gate, widths.chosen),
            result: view(shared, after: widths.intermediate + widths.gate + widths.chosen, widths.chosen))
    }

    /// Lends some rows of heads and of what attention makes of them, with memory for the rest that no other rows share.
    func withBlock(_ layer: LayerDescription, of views: Views, _ rows: Range<Int>, _ body: (Views) -> Void) {
        let widths = Widths(layer)
        let count = rows.count
        Scratch.withFloats(count * (2 * normed.columns + widths.intermediate + widths.gate)) { memory in
            var free = memory
            func view(_ columns: Int) -> MatrixView {
                defer { free += count * columns }
                return MatrixView(base: free, rows: count, columns: columns, stride: columns)
            }
            body(
                Views(
                    normed: view(normed.columns), projected: view(normed.columns), heads: views.heads.rows(rows),
                    attended: views.attended.rows(rows), intermediate: view(widths.intermediate),
                    gate: view(widths.gate), chosen: view(0), result: view(0)))
        }
    }

    struct Views {
        let normed, projected, heads, attended, intermediate, gate: MatrixView
        /// The rows that an expert is given, and what it makes of them.
        let chosen, result: MatrixView

        /// Some rows of each.
        func rows(_ range: Range<Int>) -> Views {
            Views(
                normed: normed.rows(range), projected: projected.rows(range), heads: heads.rows(range),
                attended: attended.rows(range), intermediate: intermediate.rows(range), gate: gate.rows(range),
                chosen: chosen.rows(range), result: result.rows(range))
        }
    }

    private struct Widths {
        let heads, attended, intermediate, gate, chosen: Int

        init(_ layer: LayerDescription) {
            attended = layer.attention.queryWidth
            heads = attended + 2 * layer.attention.keyValueWidth
            intermediate = layer.mlps.map(\.up.outputs).max() ?? 0
            gate = layer.mlps.map { $0.gate?.outputs ?? 0 }.max() ?? 0
            chosen = if case .experts = layer.feedForward { layer.attention.output.outputs } else { 0 }
        }

        var feedForward: Int { intermediate + gate + 2 * chosen }
    }

    private static func sharedWidth(_ description: DecoderDescription) -> Int {
        description.layers.map { layer in
            let widths = Widths(layer)
            return max(widths.heads + widths.attended, widths.feedForward)
        }.max() ?? 0
    }
}
