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
        package var windows: WindowCount
        package var options: ScoringOptions

        package init(context: Int, windows: WindowCount = .all, options: ScoringOptions = ScoringOptions()) {
            self.context = context
            self.windows = windows
            self.options = options
        }
    }

    package let model: LanguageModel
    private let names: [String]
    private let bitsPerWeight: [Double]

    /// Opens the variants, the 16-bit baseline first; all their tensors are checked.
    package init(_ variants: [Variant]) throws(EvaluationError) {
        do {
            model = try LanguageModel(variants.map(\.weights))
        } catch {
            throw .languageModel(error)
        }
        names = variants.map(\.name)
        bitsPerWeight = variants.map(\.weights.bitsPerWeight)
    }

    /// Scores the windows of a token stream.
    ///
    /// - Throws: for a baseline that yields values that are not finite too; a variant that does is in the result, with
    ///   ``EvaluationResult/notFiniteAfter`` set.
    package func evaluate(
        _ stream: [UInt32], _ request: Request, control: RunControl = RunControl()
    ) throws(EvaluationError) -> Evaluation {
        let windows = try TokenWindows(
            stream: stream, context: request.context, count: request.windows,
            vocabularySize: model.description.vocabularySize)
        let scores = try scores(windows, request, control)
        if let module = scores[0].notFiniteAfter { throw .notFinite(name: names[0], module: module) }
        return Evaluation(
            context: request.context, windows: scores[0].windows.count, availableWindows: windows.count,
            tokens: scores[0].windows.reduce(0) { $0 + $1.scoredTokens }, results: results(scores))
    }

    private func scores(
        _ windows: TokenWindows, _ request: Request, _ control: RunControl
    ) throws(EvaluationError) -> [VariantScore] {
        guard case .untilStandardError(let target, _) = request.windows else {
            return try score(windows, request, control)
        }
        var scores = names.map { _ in VariantScore() }
        for first in stride(from: 0, to: windows.count, by: WindowCount.block) {
            let block = first..<min(windows.count, first + WindowCount.block)
            let part = RunControl(
                progress: { control.progress((Double(first) + $0 * Double(block.count)) / Double(windows.count)) },
                isCancelled: control.isCancelled)
            for (index, score) in try score(windows.windows(block), request, part).enumerated() {
                scores[index].windows += score.windows
                scores[index].notFiniteAfter = scores[index].notFiniteAfter ?? score.notFiniteAfter
            }
            if isKnownWellEnough(results(scores), target: target) { break }
        }
        control.progress(1)
        return scores
    }

    /// Whether every variant with finite figures has the standard error that was asked for.
    private func isKnownWellEnough(_ results: [EvaluationResult], target: Double) -> Bool {
        results.allSatisfy { result in
            result.notFiniteAfter != nil || result.qidStandardError.map { $0 <= target } ?? false
        }
    }

    private func score(
        _ windows: TokenWindows, _ request: Request, _ control: RunControl
    ) throws(EvaluationError) -> [VariantScore] {
        do {
            return try model.score(windows, options: request.options, control: control)
        } catch {
            throw .languageModel(error)
        }
    }

    private func results(_ scores: [VariantScore]) -> [EvaluationResult] {
        zip(zip(names, bitsPerWeight), scores).map { variant, score in
            EvaluationResult(name: variant.0, bitsPerWeight: variant.1, score: score, baseline: scores[0])
        }
    }
}
