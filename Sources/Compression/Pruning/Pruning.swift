import Kernels

/// Pruning by a score of each weight by itself, with round to nearest for what remains if a spec wants it.
///
/// | method | score | a share is of |
/// |---|---|---|
/// | `magnitude` | abs w | the whole weight |
/// | `wanda` (2306.11695) | abs w · ‖x‖₂, x the input's values over the calibration tokens | each output row |
///
/// The lowest ⌊share · count⌋ scores are taken away, or in a pattern n:m the lowest m − n of each m inputs; of equal
/// scores that of the earlier weight. Inputs that were always 0 have the score 0. Grids are found from what remains.
package enum Pruning: MaskingCompressor {
    package static func prunedCount(rows: Int, columns: Int, _ sparsity: Sparsity, _ method: Spec.Method) -> Int {
        method == .magnitude ? sparsity.pruned(of: rows * columns) : rows * sparsity.pruned(of: columns)
    }

    package static func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        let weight = try layer.finiteValues()
        var results: [CompressedWeight] = []
        for spec in specs {
            let draft = MaskedDraft(try geometry(layer, spec))
            let scores = try Scores(weight, spec.method, layer.inputNorms)
            if let sparsity = spec.options.sparsity { mark(scores, spec.method, sparsity, draft.kept) }
            try MaskedRounding(draft, tensor: layer.name).fill(from: weight)
            results.append(try draft.finish(layer.name))
        }
        return results
    }

    /// Writes 0 where a weight goes, 1 where it stays.
    private static func mark(
        _ scores: Scores, _ method: Spec.Method, _ sparsity: Sparsity, _ kept: UnsafeMutablePointer<UInt8>
    ) {
        let (rows, columns) = (scores.rows, scores.columns)
        let target = Flags(base: kept)
        switch sparsity {
        case .share where method == .magnitude:
            Cutoff(smallest: sparsity.pruned(of: rows * columns), of: scores.all).mark(scores.all, into: kept)
        case .share:
            Parallel.forEach(rows) { row in
                Cutoff(smallest: sparsity.pruned(of: columns), of: scores[row])
                    .mark(scores[row], into: target.base + row * columns)
            }
        case .pattern(let keep, let length):
            Parallel.forEach(rows * columns / length) { index in
                let part = UnsafeBufferPointer(rebasing: scores.all[index * length..<(index + 1) * length])
                Cutoff(smallest: length - keep, of: part).mark(part, into: target.base + index * length)
            }
        }
    }
}

/// Memory of which parallel bodies write disjoint parts.
///
/// `@unchecked Sendable` because they do.
private struct Flags: @unchecked Sendable {
    let base: UnsafeMutablePointer<UInt8>
}

/// A score for each weight, as bits in the order of the scores.
///
/// `@unchecked Sendable` because it is filled when it is made and then only read.
private final class Scores: @unchecked Sendable {
    let rows: Int
    let columns: Int
    private let base: UnsafeMutablePointer<UInt32>

    init(_ weight: Matrix, _ method: Spec.Method, _ inputNorms: [Float]?) throws(CompressionError) {
        (rows, columns) = (weight.rows, weight.columns)
        var norms = [Float](repeating: 1, count: columns)
        if method.need == .norms {
            guard let inputNorms else { throw .missingCalibration(method: method.rawValue) }
            precondition(inputNorms.count == columns, "a layer has as many inputs as its rows are long")
            norms = inputNorms
        }
        base = .allocate(capacity: max(1, rows * columns))
        for row in 0..<rows {
            let (source, target) = (weight.view.row(row), base + row * columns)
            for column in 0..<columns { target[column] = (source[column].magnitude * norms[column]).orderedBits }
        }
    }

    deinit { base.deallocate() }

    var all: UnsafeBufferPointer<UInt32> { UnsafeBufferPointer(start: base, count: rows * columns) }
    subscript(row: Int) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(start: base + row * columns, count: columns)
    }
}

extension LinearLayer {
    /// The weight as floats, all of them finite.
    func finiteValues() throws(CompressionError) -> Matrix {
        let matrix = Matrix(rows: weight.rows, columns: weight.columns)
        let columns = weight.columns
        _ = try Parallel.map(weight.rows) { (row) throws(CompressionError) in
            let target = matrix.view.row(row)
            weight.decode(row: row, columns: 0..<columns, into: target)
            guard RowRounding.extremes(target, count: columns).finite else {
                throw RoundToNearest.notFinite(name, row, target, columns)
            }
        }
        return matrix
    }
}
