import Compression
import Kernels

/// The windows that fit into memory together, through all layers of all variants.
struct LockstepRun {
    let variants: [ModelVariant]
    let plan: MemoryPlan
    let scored: ScoredTokens
    let context: Int
    let sharesEmbedding: Bool
    let sharesHead: Bool
    let meter: FlopMeter

    /// The baseline's description, for everything but names.
    private var description: DecoderDescription { variants[0].description }

    /// The scores of some windows, `plan.windowsHeld` at most.
    func score(_ windows: TokenWindows) throws(LanguageModelError) -> [VariantScore] {
        let hidden = variants.map { _ in Matrix(rows: windows.count * context, columns: description.width) }
        var notFinite: [String?] = variants.map { _ in nil }
        try embed(windows, into: hidden)
        try runLayers(hidden, &notFinite)
        return try runHead(hidden, windows, notFinite)
    }

    private func embed(_ windows: TokenWindows, into hidden: [Matrix]) throws(LanguageModelError) {
        for (index, variant) in variants.enumerated() {
            if index > 0, sharesEmbedding {
                hidden[index].view.copy(from: hidden[0].view)
            } else {
                let pass = try EmbeddingPass(variant.description, variant.binding)
                pass.run(windows, into: hidden[index].view)
            }
        }
    }

    /// Runs all layers; the rows whose next token is scored are at the beginning of `hidden` afterwards.
    private func runLayers(_ hidden: [Matrix], _ notFinite: inout [String?]) throws(LanguageModelError) {
        let workspace = Workspace(description, rows: plan.windowsPerChunk * context)
        let tables = PositionTables(description, context: context)
        let last = description.layers.count - 1
        let scoredPositions = scored.positions(context: context)
        for position in description.layers.indices {
            for (index, variant) in variants.enumerated() {
                let layer = variant.description.layers[position]
                var weights = try LayerWeights(layer, variant.binding)
                weights.prepack(forRows: hidden[index].rows)
                let pass = LayerPass(
                    layer: layer, weights: weights, workspace: workspace, context: context,
                    rotary: tables[layer.attention.rotary], keyBias: tables[layer.attention.positionBias],
                    cache: variant.store.cache)
                var rowsKept = 0
                for chunk in chunks(of: hidden[index], windows: plan.windowsPerChunk) {
                    try meter.checkCancellation()
                    let rows = pass.run(chunk, positions: position == last ? scoredPositions : nil)
                    if notFinite[index] == nil, !isFinite(rows) { notFinite[index] = layer.module }
                    if position == last { hidden[index].view.rows(rowsKept..<rowsKept + rows.rows).copy(from: rows) }
                    rowsKept += rows.rows
                    meter.add(layer: layer, rows: chunk.rows)
                }
            }
        }
    }

    private func runHead(
        _ hidden: [Matrix], _ windows: TokenWindows, _ notFinite: [String?]
    ) throws(LanguageModelError) -> [VariantScore] {
        var weights: [HeadPass.HeadWeights] = []
        var heads: [any WeightMatrix] = []
        for variant in variants {
            weights.append(try HeadPass.HeadWeights(variant.description, variant.binding))
            if heads.isEmpty || !sharesHead { heads.append(try variant.binding.head(variant.description)) }
        }
        let pass = HeadPass(
            description, variants: weights, heads: heads, windows: min(windows.count, plan.windowsPerHeadChunk),
            positions: scored.positions(context: context))
        var scores = notFinite.map { VariantScore(notFiniteAfter: $0) }
        let scoredRows = scored.positions(context: context).count
        for first in stride(from: 0, to: windows.count, by: plan.windowsPerHeadChunk) {
            try meter.checkCancellation()
            let part = first..<min(windows.count, first + plan.windowsPerHeadChunk)
            let rows = hidden.map { $0.view.rows(part.lowerBound * scoredRows..<part.upperBound * scoredRows) }
            for (index, windowScores) in pass.score(rows, windows: windows.windows(part)).enumerated() {
                scores[index].windows += windowScores
            }
            meter.addHead(rows: part.count * context * variants.count)
        }
        for index in scores.indices where scores[index].notFiniteAfter == nil {
            let isFinite = scores[index].windows.allSatisfy { $0.negativeLogLikelihood.isFinite }
            if !isFinite { scores[index].notFiniteAfter = variants[index].description.head }
        }
        return scores
    }

    private func chunks(of hidden: Matrix, windows: Int) -> [MatrixView] {
        stride(from: 0, to: hidden.rows, by: windows * context).map {
            hidden.view.rows($0..<min(hidden.rows, $0 + windows * context))
        }
    }
}
