import Kernels

/// Final norm, output projection and head for all variants at once.
final class HeadPass: Sendable {
    private let description: DecoderDescription
    private let variants: [HeadWeights]
    /// One if all variants share it.
    private let heads: [any WeightMatrix]
    /// One for each head, if the model has one.
    private let biases: [[Float]]
    private let normed: [Matrix]
    private let projected: [Matrix]
    /// The positions of each window whose next token is scored.
    private let positions: Range<Int>

    /// The last weights of one variant.
    struct HeadWeights: Sendable {
        let norm: BoundNorm?
        let projection: BoundLinear?
        let bias: [Float]?

        init(_ description: DecoderDescription, _ binding: WeightBinding) throws(LanguageModelError) {
            norm = try binding.norm(description.finalNorm)
            projection = try description.outputProjection.map { (linear) throws(LanguageModelError) in
                try binding.refuseRounding(linear.module)
                return try binding.linear(linear)
            }
            bias = try description.headBias.map { (tensor) throws(LanguageModelError) in try binding.vector(tensor) }
            try binding.refuseRounding(description.head)
        }
    }

    /// Floats per row that passes.
    static func width(of description: DecoderDescription, variants: Int) -> Int {
        variants * (description.width + (description.outputProjection?.outputs ?? 0))
    }

    init(
        _ description: DecoderDescription, variants: [HeadWeights], heads: [any WeightMatrix], windows: Int,
        positions: Range<Int>
    ) {
        biases = variants.prefix(heads.count).compactMap(\.bias)
        self.description = description
        self.variants = variants
        self.heads = heads
        self.positions = positions
        let rows = windows * positions.count
        normed = variants.map { _ in Matrix(rows: rows, columns: description.width) }
        projected = variants.compactMap { variant in
            variant.projection.map { Matrix(rows: rows, columns: $0.weight.rows) }
        }
    }

    /// The scores of some windows, variant by variant; `hidden` holds the rows of each variant at their scored positions.
    func score(_ hidden: [MatrixView], windows: TokenWindows) -> [[WindowScore]] {
        let inputs = hidden.indices.map { headInput($0, hidden[$0]) }
        let targets = (0..<windows.count).flatMap { window in
            windows[window].dropFirst(positions.lowerBound + 1).map { Int32(truncatingIfNeeded: $0) }
        }
        var scores: [HeadScores] = []
        scoreHead(
            hidden: inputs, heads: heads, biases: biases, softCap: description.logitSoftCap, targets: targets,
            into: &scores)
        return scores.map { variant in
            (0..<windows.count).map { window in
                let scored = positions.clamped(to: 0..<windows.length(window) - 1).count
                return sum(
                    variant, baseline: scores[0], rows: window * positions.count..<window * positions.count + scored)
            }
        }
    }

    /// The rows as the head reads them.
    private func headInput(_ index: Int, _ hidden: MatrixView) -> MatrixView {
        var input = hidden
        if let norm = variants[index].norm {
            input = normed[index].view.rows(0..<hidden.rows)
            norm.apply(hidden, into: input)
        }
        // The rows are this pass's own, or read by nobody afterwards.
        if description.logitScale != 1 { multiply(input, by: description.logitScale) }
        guard let projection = variants[index].projection else { return input }
        let result = projected[index].view.rows(0..<hidden.rows)
        projection.apply(input, into: result)
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
