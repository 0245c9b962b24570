import Compression
package import Kernels

/// How what is read behind a sublayer moves when other weights stand in it.
///
/// What a sublayer adds to the residual stream matters as far as it turns what is read from there: the next sublayer reads
/// n(x), the stream under its norm, and the head reads it behind the last one. In layers that run attention and MLP side by
/// side both add to what the next layer reads.
extension LayerwiseRun {
    /// The mean over tokens of ‖n(x′) − n(x)‖²/‖n(x)‖², for each of some forms of the sublayer's weights by module.
    ///
    /// Windows of 4,096 tokens, spread over all, are enough for a mean of this kind.
    package func readErrors(
        of part: Sublayer, layer index: Int, replacing forms: [[String: any WeightMatrix]]
    ) throws(LanguageModelError) -> [Double] {
        let stream = try stream(inFrontOf: part, layer: index, windows: sampledWindows)
        let own = try pass(index, replacing: [:])
        let reader = try reader(behind: part, layer: index)
        var passes: [LayerPass] = []
        for form in forms { passes.append(try pass(index, replacing: form)) }
        let norms = part == .attention ? own.weights.attentionNorms : own.weights.mlpNorms
        let (rest, expected) = (rowsOfChunk(), rowsOfChunk())
        let found = rowsOfChunk()
        var sums = [Double](repeating: 0, count: forms.count)
        for chunk in chunks(stream) {
            try checkCancellation()
            let rows = 0..<chunk.rows
            rest.view.rows(rows).copy(from: chunk)
            if own.layer.parallel {
                let other = own.contribution(of: part == .mlp ? .attention : .mlp, chunk)
                rest.view.rows(rows).add(other, times: own.layer.residualScale)
            }
            func read(_ pass: LayerPass, into target: MatrixView) {
                target.copy(from: rest.view.rows(rows))
                pass.addResidual(target, pass.contribution(of: part, chunk), norms)
                reader?.apply(target, into: target)
            }
            read(own, into: expected.view.rows(rows))
            for (place, pass) in passes.enumerated() {
                read(pass, into: found.view.rows(rows))
                sums[place] += relativeSquaredDistance(of: found.view.rows(rows), to: expected.view.rows(rows))
            }
        }
        return sums.map { $0 / Double(stream.rows) }
    }

    private static let sampledTokens = 4096

    private var sampledWindows: [Int] {
        let all = hidden.rows / context
        let count = min(all, max(1, Self.sampledTokens / context))
        return (0..<count).map { $0 * all / count }
    }

    private func rowsOfChunk() -> Matrix { Matrix(rows: chunkRows, columns: description.width) }

    /// The norm under which the stream is read next; nil where it is read as it is.
    private func reader(behind part: Sublayer, layer index: Int) throws(LanguageModelError) -> BoundNorm? {
        let layers = description.layers
        let binding = WeightBinding(store: variant.store, replacements: [:])
        if part == .attention, !layers[index].parallel { return try binding.norm(layers[index].mlpNorms.before) }
        return try binding.norm(
            index + 1 < layers.count ? layers[index + 1].attentionNorms.before : description.finalNorm)
    }
}

/// Σ ‖a − b‖²/‖b‖² over rows; a row of zeros has no error to speak of.
private func relativeSquaredDistance(of a: MatrixView, to b: MatrixView) -> Double {
    Parallel.map(a.rows) { row in
        let (left, right) = (a.row(row), b.row(row))
        var (error, whole) = (0.0, 0.0)
        for column in 0..<a.columns {
            let difference = Double(left[column] - right[column])
            error += difference * difference
            whole += Double(right[column]) * Double(right[column])
        }
        return whole > 0 ? error / whole : 0
    }.reduce(0, +)
}
