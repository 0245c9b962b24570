import Kernels

extension Method {
    /// GPTQ with weights that become zero.
    package static let sparsegpt = Method(
        "sparsegpt", title: "SparseGPT",
        summary: "sets weights to zero and pushes the error onto the rest; with bits, rounds those in the same pass",
        source: "2301.00774", passage: .sequential(.hessian), formats: .integersOrStored, neededKeys: [.sparse],
        compressor: SparseGPT())
}

/// SparseGPT (2301.00774): GPTQ's solver, in which some weights of each block become zero, and the error that this makes
/// is pushed onto the weights still to come; with `bits`, what remains is rounded in the same pass.
///
/// As IST-DASLab/sparsegpt does it: blocks of 128 columns, scores w²/U²ⱼⱼ with UᵀU the damped inverse Hessian. A share is
/// of all rows of a block, and its threshold goes as well: ⌊share · count⌋ + 1 weights, the lowest in score. In a pattern
/// n:m the lowest m − n of m columns go, by the weights as they are when the first of them is reached. Equal scores go by
/// row and column. Grids are GPTQ's. Dead columns become zero. Values that are not quantized are rounded to the type they
/// are stored in at the end, as there.
package struct SparseGPT: MaskingCompressor {
    package func prunedCount(rows: Int, columns: Int, _ sparsity: Sparsity) -> Int {
        Self.blocks(columns).reduce(0) { $0 + Self.pruned(rows * $1.count, sparsity) }
    }

    private static func blocks(_ columns: Int) -> [Range<Int>] {
        stride(from: 0, to: columns, by: GPTQ.block).map { $0..<min(columns, $0 + GPTQ.block) }
    }

    /// The weights of a block that go.
    private static func pruned(_ count: Int, _ sparsity: Sparsity) -> Int {
        switch sparsity {
        case .share: min(count, sparsity.pruned(of: count) + 1)
        case .pattern: sparsity.pruned(of: count)
        }
    }

    package func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        guard let hessian else { throw .missingCalibration(method: Method.sparsegpt.name) }
        precondition(hessian.columns == layer.weight.columns, "a layer's Hessian is as wide as its rows")
        let order = Array(0..<hessian.columns)
        let factor = try InverseFactor.make(hessian, order: order, damping: GPTQ.damping, tensor: layer.name)
        var results: [CompressedWeight] = []
        for spec in specs {
            let draft = MaskedDraft(try geometry(layer, spec))
            let work = try GPTQTile.Work(layer, spec, factor, order: order)
            let tileCount = (draft.geometry.rows + GPTQTile.rows - 1) / GPTQTile.rows
            let tiles = try Parallel.map(tileCount) { (index) throws(CompressionError) in
                let tile = GPTQTile(work, firstRow: index * GPTQTile.rows)
                try tile.load(layer)
                return tile
            }
            for block in Self.blocks(hessian.columns) {
                if case .share? = spec.options.sparsity {
                    let scores = BlockScores(rows: draft.geometry.rows, columns: block.count)
                    Parallel.forEach(tileCount) { tiles[$0].score(block, into: scores) }
                    let count = Self.pruned(
                        draft.geometry.rows * block.count, .share(spec.options.sparsity?.share ?? 0))
                    scores.mark(smallest: count)
                    Parallel.forEach(tileCount) { tiles[$0].takeMask(block, from: scores) }
                }
                _ = try Parallel.map(tileCount) { (index) throws(CompressionError) in
                    try tiles[index].run(block, layer)
                }
            }
            Parallel.forEach(tileCount) { tiles[$0].store(into: draft) }
            results.append(try draft.finish(layer.name))
        }
        return results
    }
}

/// Scores of the weights of one block of columns, then which of them stay.
struct BlockScores: Sendable {
    /// Scores as bits in their order.
    let bits: RowTable<UInt32>
    /// 1 where a weight stays.
    let kept: RowTable<UInt8>

    init(rows: Int, columns: Int) {
        bits = RowTable(rows: rows, columns: columns, repeating: 0)
        kept = RowTable(rows: rows, columns: columns, repeating: 1)
    }

    func mark(smallest count: Int) {
        bits.readAll { keys in
            kept.withRows(0..<kept.rows) { Cutoff(smallest: count, of: keys).mark(keys, into: &$0) }
        }
    }
}
