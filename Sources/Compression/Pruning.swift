package import JSON
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
package enum Pruning: LayerCompressor {
    package static func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        try geometry(layer, spec).layout
    }

    package static func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        OwnForm.configuration(.sparse, spec, ignored: ignored)
    }

    private static func geometry(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> MaskedGeometry {
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        guard let sparsity = spec.options.sparsity else { return try MaskedGeometry(layer, spec, kept: nil) }
        let pruned =
            spec.method == .magnitude ? sparsity.pruned(of: rows * columns) : rows * sparsity.pruned(of: columns)
        return try MaskedGeometry(layer, spec, kept: rows * columns - pruned)
    }

    package static func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        let weight = try layer.finiteValues()
        var results: [CompressedWeight] = []
        for spec in specs {
            let draft = MaskedDraft(try geometry(layer, spec))
            let scores = try Scores(weight, spec.method, hessian)
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

    init(_ weight: Matrix, _ method: Spec.Method, _ hessian: Hessian?) throws(CompressionError) {
        (rows, columns) = (weight.rows, weight.columns)
        var norms = [Float](repeating: 1, count: columns)
        if method.need != .none {
            guard let hessian else { throw .missingCalibration(method: method.rawValue) }
            precondition(hessian.columns == columns, "a layer's Hessian is as wide as its rows")
            norms = hessian.diagonal.map { Float($0.squareRoot()) }
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
