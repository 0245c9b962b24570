package import JSON
import Kernels

extension Method {
    /// Two factors of low rank.
    package static let lowRank = Method(
        "low-rank", title: "low rank",
        summary: "keeps some dimensions of a weight by its singular value decomposition; no data needed",
        source: "2402.16319", formats: .stored, neededKeys: [.rank],
        check: { (spec) throws(CompressionError) in
            if let bits = spec.format.integerBits {
                throw SpecKey.bits.refusal("\(bits)", allowed: "left out for low-rank; qsd has quantized factors")
            }
            try spec.checkFactors()
        }, compressor: LowRank())
}

extension Spec {
    /// What factors of low rank leave no choice in.
    func checkFactors() throws(CompressionError) {
        if group != .channel {
            throw SpecKey.group.refusal(
                group.description, allowed: "left out: a row of a factor shares a scale")
        }
        if !symmetric { throw SpecKey.symmetric.refusal("false", allowed: "true for \(method.name)") }
        if case .pattern(let kept, let length)? = options.sparsity {
            throw SpecKey.sparse.refusal(
                "\(kept):\(length)", allowed: "a share between 0 and 1 for \(method.name)")
        }
    }
}

/// Joint rank-k approximation (2402.16319), data-free: W ≈ A·B by the singular value decomposition, cut off at k.
///
/// Weights with the same inputs are stacked output below output and share B, the basis: queries, keys and values, and gate
/// and up projections, where a family has them as modules of their own (where they are one weight already, as in GPT-NeoX
/// and GPT-2, the stack is that weight). The basis is stored with the module that comes first by name. A share of the rank
/// is of min(rows, columns) of the stack. Both factors are rounded to the weight's 16-bit type.
package struct LowRank: LayerCompressor {
    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        let (left, right) = try geometries(layer, spec)
        return left.layout + (right?.layout ?? [])
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        LowRankLayout.configuration(spec, ignored: ignored)
    }

    /// The sizes of the factors; of the right one only where it is stored.
    private func geometries(
        _ layer: LinearLayer, _ spec: Spec
    ) throws(CompressionError) -> (left: MaskedGeometry, right: MaskedGeometry?) {
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        let rank = try rank(layer, spec)
        let coding = MaskedGeometry.Coding.values(layer.storedType)
        let left = MaskedGeometry(name: "weight_left", rows: rows, columns: rank, kept: nil, coding: coding)
        let right = MaskedGeometry(name: "weight_right", rows: rank, columns: columns, kept: nil, coding: coding)
        return (left, layer.stack.map { $0.keeper == layer.name } ?? true ? right : nil)
    }

    private func rank(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> Int {
        guard let rank = spec.options.rank else { throw .missingKey("rank", allowed: Rank.allowed) }
        let full = min(layer.stack?.rows ?? layer.weight.rows, layer.weight.columns)
        return try rank.value(full: full, tensor: layer.name)
    }

    package func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        let factorization =
            if let stack = layer.stack { try stack.factorization(for: layer.name) } else {
                try Factorization(layer.finiteValues(), tensor: layer.name)
            }
        let rows = layer.stack?.rows(of: layer.name) ?? 0..<layer.weight.rows
        var results: [CompressedWeight] = []
        for spec in specs {
            let (left, _) = try geometries(layer, spec)
            let factors = factorization.factors(rank: left.columns)
            let ours = Matrix(rows: rows.count, columns: left.columns)
            ours.view.copy(from: factors.left.view.rows(rows))
            results.append(try store(ours, factors.right, layer, spec))
        }
        return results
    }

    private func store(
        _ left: Matrix, _ right: Matrix, _ layer: LinearLayer, _ spec: Spec
    ) throws(CompressionError) -> CompressedWeight {
        let (leftGeometry, rightGeometry) = try geometries(layer, spec)
        let coding = leftGeometry.coding
        let basis =
            rightGeometry
            ?? MaskedGeometry(
                name: "weight_right", rows: right.rows, columns: right.columns, kept: nil, coding: coding)
        let drafts = (MaskedDraft(leftGeometry), MaskedDraft(basis))
        try MaskedRounding(drafts.0, tensor: layer.name).fill(from: left)
        try MaskedRounding(drafts.1, tensor: layer.name).fill(from: right)
        let (leftWeight, rightWeight) = (try drafts.0.finish(layer.name), try drafts.1.finish(layer.name))
        return CompressedWeight(
            tensors: leftWeight.tensors + (rightGeometry == nil ? [] : rightWeight.tensors),
            matrix: LowRankMatrix(left: leftWeight.matrix, right: rightWeight.matrix))
    }
}
