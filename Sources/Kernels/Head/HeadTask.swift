import Vectors

/// A few scored rows, which one worker takes through a block of the vocabulary for all variants.
struct HeadTask: Sendable {
    /// Logits of a row that are taken at a time; blocks of the vocabulary are multiples of it, so that sums keep their order.
    static let tileWidth = 256

    let hidden: [MatrixView]
    /// The scored rows of `hidden`, and what follows each.
    let rows: [Int]
    let targets: [Int]
    /// Where this task's rows start among all scored rows.
    let first: Int
    let crossEntropy: FusedCrossEntropy
    let softCap: Float?
    let loops: ElementLoops
    let form: PanelForm

    private var panels: Int { form.inputPanels(rows.count) }

    /// Takes the logits of some tokens into account, whose weights are packed, one pack for all variants or one for each.
    func accumulate(_ heads: [PackedWeights], tokens: Range<Int>) {
        let depth = hidden[0].columns
        let inputFloats = panels * form.inputFloats(depth: depth) + 16
        let blockFloats = rows.count * Self.tileWidth
        Scratch.withFloats(hidden.count * inputFloats + max(3 * blockFloats, rows.count * depth)) { memory in
            let blocks = memory + hidden.count * inputFloats
            for variant in hidden.indices {
                pack(hidden[variant], into: memory + variant * inputFloats, gathered: blocks)
            }
            let baseline = blocks
            let weights = blocks + blockFloats
            for start in stride(from: tokens.lowerBound, to: tokens.upperBound, by: Self.tileWidth) {
                let part = start..<min(tokens.upperBound, start + Self.tileWidth)
                for variant in hidden.indices {
                    let logits = variant == 0 ? baseline : blocks + 2 * blockFloats
                    multiply(
                        memory + variant * inputFloats, heads[heads.count == 1 ? 0 : variant], depth: depth,
                        firstPanel: (start - tokens.lowerBound) / form.weightRows, columns: part.count, into: logits)
                    for row in rows.indices {
                        let offset = row * Self.tileWidth
                        crossEntropy.accumulate(
                            LogitTile(
                                logits: logits + offset, baseline: baseline + offset, weights: weights + offset,
                                tokens: part, target: targets[row]), variant: variant, row: first + row)
                    }
                }
            }
        }
    }

    /// Packs this task's rows of one variant, one block of depth after another.
    private func pack(
        _ x: MatrixView, into inputs: UnsafeMutablePointer<Float>, gathered: UnsafeMutablePointer<Float>
    ) {
        var view = x.rows(rows[0]..<rows[0] + 1)
        view.rows = rows.count
        if rows[rows.count - 1] - rows[0] != rows.count - 1 {
            view = MatrixView(base: gathered, rows: rows.count, columns: x.columns, stride: x.columns)
            for (index, row) in rows.enumerated() { view.row(index).update(from: x.row(row), count: x.columns) }
        }
        let block = Blocking.depth(x.columns, form: form)
        for start in stride(from: 0, to: x.columns, by: block) {
            form.pack(
                view, rows: 0..<rows.count, columns: start..<min(x.columns, start + block),
                into: inputs + panels * form.inputFloats(depth: start))
        }
    }

    /// Computes a block of logits, `tileWidth` apart; those that fill up the last vector are too low to count.
    private func multiply(
        _ inputs: UnsafeMutablePointer<Float>, _ weights: PackedWeights, depth: Int, firstPanel: Int, columns: Int,
        into logits: UnsafeMutablePointer<Float>
    ) {
        let out = MatrixView(base: logits, rows: rows.count, columns: columns, stride: Self.tileWidth)
        let block = Blocking.depth(depth, form: form)
        form.multiplying {
            for start in stride(from: 0, to: max(1, depth), by: block) {
                weights.multiply(
                    inputs + panels * form.inputFloats(depth: start), firstPanel: firstPanel,
                    depths: start..<min(depth, start + block), into: out)
            }
        }
        if let softCap {
            for row in rows.indices {
                loops.cap(CappedRow(out.row(row), count: (columns + 15) & ~15, limit: softCap))
            }
        }
        for column in columns..<(columns + 15) & ~15 {
            for row in rows.indices { out.row(row)[column] = -0x1p100 }
        }
    }
}
