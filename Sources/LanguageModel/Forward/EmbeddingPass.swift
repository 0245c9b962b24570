import Kernels

/// Token ids to rows of the residual stream.
struct EmbeddingPass {
    private let tokens: any WeightMatrix
    private let projection: BoundLinear?
    private let positions: (table: any WeightMatrix, offset: Int)?
    private let scale: Float
    private let norm: BoundNorm?
    private let width: Int

    init(_ description: DecoderDescription, _ binding: WeightBinding) throws(LanguageModelError) {
        let embedding = description.embedding
        width = description.width
        scale = embedding.scale
        norm = try binding.norm(embedding.norm)
        tokens = try binding.matrix(embedding.module, rows: description.vocabularySize, columns: embedding.width)
        projection = try embedding.projection.map { (linear) throws(LanguageModelError) in
            try binding.refuseRounding(linear.module)
            return try binding.linear(linear)
        }
        positions = try embedding.positions.map { (positions) throws(LanguageModelError) in
            let rows = positions.count + positions.offset
            return (try binding.matrix(positions.module, rows: rows, columns: description.width), positions.offset)
        }
    }

    /// Writes one row per token; ids have been compared with the vocabulary.
    func run(_ windows: TokenWindows, into hidden: MatrixView) {
        if let projection {
            // One window at a time keeps this small beside everything else.
            let narrow = Matrix(rows: windows.context, columns: tokens.columns)
            for window in 0..<windows.count {
                gather(windows[window], into: narrow.view)
                let rows = hidden.rows(window * windows.context..<(window + 1) * windows.context)
                projection.apply(narrow.view, into: rows)
            }
        } else {
            gather(windows.ids[...], into: hidden)
        }
        if scale != 1 { multiply(hidden, by: scale) }
        addPositions(to: hidden, context: windows.context)
        norm?.apply(hidden, into: hidden)
    }

    private func gather(_ ids: ArraySlice<UInt32>, into rows: MatrixView) {
        Parallel.forEach((rows.rows + 63) / 64) { block in
            for row in block * 64..<min(rows.rows, (block + 1) * 64) {
                let token = Int(ids[ids.startIndex + row])
                rows.withRow(row) { tokens.decode(row: token, columns: 0..<tokens.columns, into: &$0) }
            }
        }
    }

    private func addPositions(to hidden: MatrixView, context: Int) {
        guard let positions else { return }
        let table = Matrix(rows: context, columns: width)
        for position in 0..<context {
            table.withRow(position) {
                positions.table.decode(row: position + positions.offset, columns: 0..<width, into: &$0)
            }
        }
        for first in stride(from: 0, to: hidden.rows, by: context) {
            hidden.rows(first..<first + context).add(table.view)
        }
    }
}
