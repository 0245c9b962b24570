package import Compression
package import LanguageModel

/// Evaluates a baseline and its variants on token streams.
package struct Evaluator: Sendable {
    /// One checkpoint under the name its result is to have.
    package struct Variant: Sendable {
        package let name: String
        package let weights: WeightStore

        package init(name: String, weights: WeightStore) {
            self.name = name
            self.weights = weights
        }
    }

    /// What is scored.
    package struct Request: Sendable {
        package var context: Int
        /// The token that each window begins with, if it is none of the stream's.
        package var beginning: UInt32?
        /// The ids of the stream where documents begin that windows do not leave; nil where they may.
        package var documents: [Int]?
        package var windows: WindowCount
        package var order: WindowOrder
        package var options: ScoringOptions

        package init(
            context: Int, beginning: UInt32? = nil, documents: [Int]? = nil, windows: WindowCount = .all,
            order: WindowOrder = .usual, options: ScoringOptions = ScoringOptions()
        ) {
            (self.beginning, self.documents) = (beginning, documents)
            (self.context, self.windows, self.order, self.options) = (context, windows, order, options)
        }
    }

    package let model: LanguageModel
    let names: [String]
    private let bitsPerWeight: [Double]

    /// Opens the variants, the 16-bit baseline first; all their tensors are checked.
    package init(_ variants: [Variant]) throws(EvaluationError) {
        do {
            model = try LanguageModel(variants.map(\.weights))
        } catch {
            throw .languageModel(error)
        }
        names = variants.map(\.name)
        bitsPerWeight = model.bitsPerWeight
    }

    /// Scores the windows of a token stream.
    ///
    /// - Throws: for a baseline that yields values that are not finite too; a variant that does is in the result, with
    ///   ``EvaluationResult/notFiniteAfter`` set.
    package func evaluate(
        _ stream: [UInt32], _ request: Request, control: RunControl = RunControl()
    ) throws(EvaluationError) -> Evaluation {
        let windows = try ShardWindows(
            stream: stream, context: request.context, beginning: request.beginning, documents: request.documents,
            count: request.windows, order: request.order, vocabularySize: model.description.vocabularySize)
        let scores = try scores(windows, request, control)
        if let module = scores[0].notFiniteAfter { throw .notFinite(name: names[0], module: module) }
        return Evaluation(
            context: request.context, windows: scores[0].windows.count, availableWindows: windows.count,
            tokens: scores[0].windows.reduce(0) { $0 + $1.scoredTokens }, results: results(scores, windows))
    }

    private func scores(
        _ windows: ShardWindows, _ request: Request, _ control: RunControl
    ) throws(EvaluationError) -> [VariantScore] {
        let all = Array(names.indices)
        guard case .until(let target, _) = request.windows else {
            return try score(windows, 0..<windows.count, all, request.options, control)
        }
        var scores = names.map { _ in VariantScore() }
        for block in windows.blocks {
            let part = control.part(block, of: windows.count)
            for (index, score) in try score(windows, block, all, request.options, part).enumerated() {
                scores[index] += score
            }
            if results(scores, windows).allSatisfy({ $0.isKnown(to: target) }) { break }
        }
        control.progress(1)
        return scores
    }

    /// The scores of some variants on some of the windows, the baseline first.
    func score(
        _ windows: ShardWindows, _ range: Range<Int>, _ variants: [Int], _ options: ScoringOptions,
        _ control: RunControl
    ) throws(EvaluationError) -> [VariantScore] {
        let batches = windows.batches(range)
        var scores = variants.map { _ in
            VariantScore(windows: [WindowScore](repeating: WindowScore(scoredTokens: 0), count: range.count))
        }
        var done = 0
        for batch in batches {
            let part = control.part(done..<done + batch.windows.count, of: range.count)
            do throws(LanguageModelError) {
                let scored = try model.score(batch.windows, variants: variants, options: options, control: part)
                for (index, score) in scored.enumerated() {
                    for (number, window) in zip(batch.numbers, score.windows) {
                        scores[index].windows[number - range.lowerBound] = window
                    }
                    scores[index].notFiniteAfter = scores[index].notFiniteAfter ?? score.notFiniteAfter
                }
            } catch {
                throw .languageModel(error)
            }
            done += batch.windows.count
        }
        return scores
    }

    private func results(_ scores: [VariantScore], _ windows: ShardWindows) -> [EvaluationResult] {
        scores.indices.map { result($0, scores[$0], baseline: scores[0], windows) }
    }

    /// What the scores of one variant say.
    func result(
        _ index: Int, _ score: VariantScore, baseline: VariantScore, _ windows: ShardWindows
    ) -> EvaluationResult {
        EvaluationResult(
            name: names[index], bitsPerWeight: bitsPerWeight[index], score: score, baseline: baseline,
            shard: windows)
    }
}
