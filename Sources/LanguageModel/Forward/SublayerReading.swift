import Kernels

/// How what is read behind a sublayer moves where another form of the model stands in its place.
///
/// What a sublayer adds to the residual stream matters as far as it turns what is read from there: the next sublayer reads
/// n(x), the stream under its norm, and the head reads it behind the last one. In layers that run attention and MLP side by
/// side both add to what the next layer reads.
package struct SublayerReading {
    private let run: LayerwiseRun
    private let part: Sublayer
    private let index: Int
    /// The residual stream in front of the sublayer.
    private let stream: Matrix
    /// What is read without what the sublayer adds: of a parallel layer with what its other sublayer adds.
    private let rest: Matrix
    /// What is read behind the sublayer as it is.
    private let expected: Matrix
    /// ‖n(x)‖² of each row of it.
    private var energies: [Double] = []
    private let reader: BoundNorm?

    /// Of windows of 4,096 tokens, spread over all of the run.
    package init(_ run: LayerwiseRun, of part: Sublayer, layer index: Int) throws(LanguageModelError) {
        (self.run, self.part, self.index) = (run, part, index)
        let windows = Self.windows(of: run.hidden.rows / run.context, context: run.context)
        stream = try run.stream(inFrontOf: part, layer: index, windows: windows)
        reader = try run.reader(behind: part, layer: index)
        rest = Matrix(rows: stream.rows, columns: stream.columns)
        expected = Matrix(rows: stream.rows, columns: stream.columns)
        let own = try run.pass(index, replacing: [:])
        rest.view.copy(from: stream.view)
        if own.layer.parallel {
            let other = try run.contribution(of: part == .mlp ? .attention : .mlp, layer: index, from: stream)
            rest.view.add(other.view, times: own.layer.residualScale)
        }
        for (place, chunk) in run.chunks(stream).enumerated() {
            try run.checkCancellation()
            read(own, chunk, place, into: run.chunks(expected)[place])
        }
        let zero = Matrix(rows: expected.rows, columns: expected.columns)
        energies = squaredDistances(expected.view, zero.view, rows: 1)
    }

    /// The places of windows that are enough for a mean over tokens: 4,096 of these, spread over `count` windows.
    package static func windows(of count: Int, context: Int) -> [Int] {
        let enough = min(count, max(1, 4096 / context))
        return (0..<enough).map { $0 * count / enough }
    }

    /// The mean over tokens of ‖n(x′) − n(x)‖²/‖n(x)‖², x′ with what the sublayer of another form of the model adds.
    ///
    /// That has its own norm in front, biases, rounding of inputs and of keys and values: factors that a method moved between
    /// channels of a sublayer are in all of them and change nothing.
    package func error(of other: ModelVariant) throws(LanguageModelError) -> Double {
        let pass = try run.pass(index, of: other)
        let found = Matrix(rows: run.chunkRows, columns: stream.columns)
        var errors: [Double] = []
        for (place, chunk) in run.chunks(stream).enumerated() {
            try run.checkCancellation()
            let rows = found.view.rows(0..<chunk.rows)
            read(pass, chunk, place, into: rows)
            errors += squaredDistances(rows, run.chunks(expected)[place], rows: 1)
        }
        // A row of zeros has no error to speak of.
        let shares = zip(errors, energies).map { $1 > 0 ? $0 / $1 : 0 }
        return shares.reduce(0, +) / Double(stream.rows)
    }

    /// What is read of a chunk of the stream.
    private func read(_ pass: LayerPass, _ chunk: MatrixView, _ place: Int, into target: MatrixView) {
        target.copy(from: run.chunks(rest)[place])
        let norms = part == .attention ? pass.weights.attentionNorms : pass.weights.mlpNorms
        pass.addResidual(target, pass.contribution(of: part, chunk), norms)
        reader?.apply(target, into: target)
    }
}

extension LayerwiseRun {
    /// The norm under which the stream is read next; nil where it is read as it is.
    fileprivate func reader(behind part: Sublayer, layer index: Int) throws(LanguageModelError) -> BoundNorm? {
        let layers = description.layers
        let binding = WeightBinding(store: variant.store, replacements: [:])
        if part == .attention, !layers[index].parallel { return try binding.norm(layers[index].mlpNorms.before) }
        return try binding.norm(
            index + 1 < layers.count ? layers[index + 1].attentionNorms.before : description.finalNorm)
    }
}
