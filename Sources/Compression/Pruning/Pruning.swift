import Kernels

extension Method {
    /// The smallest weights become zero.
    package static let magnitude = Method(
        "magnitude", title: "magnitude pruning",
        summary: "sets the smallest weights to zero; with bits, rounds the others; no data needed",
        formats: .integersOrStored, neededKeys: [.sparse], compressor: Pruning(usesInputs: false, sharesRows: false))

    /// The weights of least size times the length of what they are multiplied by become zero.
    package static let wanda = Method(
        "wanda", title: "Wanda",
        summary: "sets the weights to zero that matter least for their inputs; with bits, rounds the others",
        source: "2306.11695", passage: .sequential(.norms), formats: .integersOrStored, neededKeys: [.sparse],
        compressor: Pruning(usesInputs: true, sharesRows: true))
}

/// Pruning by a score of each weight by itself, with round to nearest for what remains if a spec wants it.
///
/// | method | score | a share is of |
/// |---|---|---|
/// | `magnitude` | abs w | the whole weight |
/// | `wanda` (2306.11695) | abs w · ‖x‖₂, x the input's values over the calibration tokens | each output row |
///
/// The lowest ⌊share · count⌋ scores are taken away, or in a pattern n:m the lowest m − n of each m inputs; of equal
/// scores that of the earlier weight. Inputs that were always 0 have the score 0. Grids are found from what remains.
package struct Pruning: MaskingCompressor {
    /// Whether a score is the weight's size times the length of its input.
    let usesInputs: Bool
    /// Whether a share is of each output row, and not of the whole weight.
    let sharesRows: Bool

    package func prunedCount(rows: Int, columns: Int, _ sparsity: Sparsity) -> Int {
        sharesRows ? rows * sparsity.pruned(of: columns) : sparsity.pruned(of: rows * columns)
    }

    package func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        let weight = try layer.finiteValues()
        var results: [CompressedWeight] = []
        for spec in specs {
            let draft = MaskedDraft(try geometry(layer, spec))
            let scores = Self.scores(weight, norms: try norms(layer, spec))
            if let sparsity = spec.options.sparsity { mark(scores, sparsity, draft.kept) }
            try MaskedRounding(draft, tensor: layer.name).fill(from: weight)
            results.append(try draft.finish(layer.name))
        }
        return results
    }

    /// The lengths of the inputs; nil where they do not count.
    private func norms(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [Float]? {
        guard usesInputs else { return nil }
        guard let norms = layer.inputNorms else { throw .missingCalibration(method: spec.method.name) }
        precondition(norms.count == layer.weight.columns, "a layer has as many inputs as its rows are long")
        return norms
    }

    /// Writes 0 where a weight goes, 1 where it stays.
    private func mark(_ scores: RowTable<UInt32>, _ sparsity: Sparsity, _ kept: RowTable<UInt8>) {
        let (rows, columns) = (scores.rows, scores.columns)
        switch sparsity {
        case .share where !sharesRows:
            scores.readAll { keys in
                kept.withRows(0..<rows) {
                    Cutoff(smallest: sparsity.pruned(of: rows * columns), of: keys).mark(keys, into: &$0)
                }
            }
        case .share:
            Parallel.forEach(rows) { row in
                scores.readRow(row) { keys in
                    kept.withRow(row) { Cutoff(smallest: sparsity.pruned(of: columns), of: keys).mark(keys, into: &$0) }
                }
            }
        case .pattern(let keep, let length):
            Parallel.forEach(rows) { row in
                scores.readRow(row) { keys in
                    kept.withRow(row) { PatternMask.mark(keys, keep: keep, of: length, into: &$0) }
                }
            }
        }
    }

    /// A score for each weight, as bits in the order of the scores.
    static func scores(_ weight: Matrix, norms: [Float]?) -> RowTable<UInt32> {
        let columns = weight.columns
        let norms = norms ?? [Float](repeating: 1, count: columns)
        let scores = RowTable(rows: weight.rows, columns: columns, repeating: UInt32(0))
        Parallel.forEach(weight.rows) { row in
            weight.readRow(row) { values in
                scores.withRow(row) { target in
                    for column in 0..<columns {
                        target[column] = (values[column].magnitude * norms[column]).orderedBits
                    }
                }
            }
        }
        return scores
    }
}

extension LinearLayer {
    /// The weight as floats, all of them finite.
    func finiteValues() throws(CompressionError) -> Matrix {
        let matrix = Matrix(rows: weight.rows, columns: weight.columns)
        _ = try Parallel.map(weight.rows) { (row) throws(CompressionError) in
            try matrix.withRow(row) { (target) throws(CompressionError) in
                weight.decode(row: row, columns: 0..<weight.columns, into: &target)
                guard RowRounding.extremes(target.span).finite else {
                    throw RoundToNearest.notFinite(name, row, target.span)
                }
            }
        }
        return matrix
    }
}
