import Kernels

/// Final norm, output projection and head for all variants at once.
final class HeadPass: Sendable {
    private let description: DecoderDescription
    private let variants: [HeadWeights]
    /// One if all variants share it.
    private let heads: [any WeightMatrix]
    private let normed: [Matrix]
    private let projected: [Matrix]
    private let positions: Range<Int>
    private let context: Int

    /// The last weights of one variant.
    struct HeadWeights: Sendable {
        let norm: BoundNorm?
        let projection: BoundLinear?

        init(_ description: DecoderDescription, _ binding: WeightBinding) throws(LanguageModelError) {
            norm = try binding.norm(description.finalNorm)
            projection = try description.outputProjection.map { (map) throws(LanguageModelError) in
                try binding.refuseRounding(map.module)
                return try binding.linear(map)
            }
            try binding.refuseRounding(description.head)
        }
    }

    /// Floats per row that passes.
    static func width(of description: DecoderDescription, variants: Int) -> Int {
        variants * (description.width + (description.outputProjection?.outputs ?? 0))
    }

    init(
        _ description: DecoderDescription, variants: [HeadWeights], heads: [any WeightMatrix], windows: Int,
        context: Int, scored: ScoredTokens
    ) {
        self.description = description
        self.variants = variants
        self.heads = heads
        self.context = context
        positions = scored.positions(context: context)
        let rows = windows * positions.count
        normed = variants.map { _ in Matrix(rows: rows, columns: description.width) }
        projected = variants.compactMap { variant in
            variant.projection.map { Matrix(rows: rows, columns: $0.weight.rows) }
        }
    }

    /// The scores of some windows, variant by variant; `hidden` holds those windows' rows of each variant.
    func score(_ hidden: [MatrixView], windows: TokenWindows) -> [[WindowScore]] {
        let inputs = hidden.indices.map { headInput($0, hidden[$0], windows: windows.count) }
        let targets = (0..<windows.count).flatMap { window in
            windows[window].dropFirst(positions.lowerBound + 1).map { Int32(truncatingIfNeeded: $0) }
        }
        var scores: [HeadScores] = []
        scoreHead(hidden: inputs, heads: heads, targets: targets, into: &scores)
        return scores.map { variant in
            (0..<windows.count).map { window in
                sum(variant, baseline: scores[0], rows: window * positions.count..<(window + 1) * positions.count)
            }
        }
    }

    /// The scored rows of all windows, close together, as the head reads them.
    private func headInput(_ index: Int, _ hidden: MatrixView, windows: Int) -> MatrixView {
        let rows = windows * positions.count
        let compact = normed[index].view.rows(0..<rows)
        for window in 0..<windows {
            let source = hidden.rows(window * context + positions.lowerBound..<window * context + positions.upperBound)
            let target = compact.rows(window * positions.count..<(window + 1) * positions.count)
            if let norm = variants[index].norm { norm.apply(source, into: target) } else { target.copy(from: source) }
        }
        guard let projection = variants[index].projection else { return compact }
        let result = projected[index].view.rows(0..<rows)
        projection.apply(compact, into: result)
        return result
    }

    private func sum(_ scores: HeadScores, baseline: HeadScores, rows: Range<Int>) -> WindowScore {
        var score = WindowScore(scoredTokens: rows.count)
        for row in rows {
            score.negativeLogLikelihood += scores.negativeLogLikelihood[row]
            score.divergence += scores.divergence[row]
            if scores.argMax[row] == baseline.argMax[row] { score.agreements += 1 }
        }
        return score
    }
}
