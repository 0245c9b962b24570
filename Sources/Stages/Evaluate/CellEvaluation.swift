import Checkpoint
import Compression
import Evaluation
import FoundationEssentials
import JSON
import Kernels
import LanguageModel
import Pipeline
import Records
import System
import Tokenization

/// Evaluates cells of one checkpoint in lockstep with its baseline and publishes each as it is known.
struct CellEvaluation {
    let lock: Lock
    let workspace: Workspace
    let memory: Int
    /// The shards and the tokenizer of the lock.
    let inputs: WatchedInputs
    private let streams = TokenStreams()

    /// Returns how many of the cells could not be evaluated; each was reported.
    func evaluate(_ cells: [Cell], progress: @escaping @Sendable (Double) -> Void) throws(StageError) -> Int {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        let record = cells[0].checkpoint
        let name = "checkpoint \(record.digest.prefix(12))"
        var inputs = inputs
        do throws(StageError) {
            let checkpoint = try openCheckpoint(record, in: workspace)
            inputs.watch(checkpoint)
            let baseline = try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
            var variants = [Evaluator.Variant(name: "baseline", weights: baseline)]
            var opened: [Cell] = []
            for cell in cells where cell.compressed != nil {
                do throws(StageError) {
                    let compressed = try openCompressed(cell)
                    inputs.watch(compressed)
                    let weights = try attempt { () throws(CompressionError) in try WeightStore(compressed) }
                    variants.append(.init(name: cell.name, weights: weights))
                    opened.append(cell)
                } catch  where error.exitStatus != .tryAgain {
                    report("evaluate: \(name), \(cell.name): \(error)")
                }
            }
            let baselineCell = cells.first { $0.compressed == nil }
            // What cannot be opened is no reason to evaluate the baseline once more.
            guard baselineCell != nil || !opened.isEmpty else { return cells.count }
            let stream = try streams.stream(
                shard: URL(filePath: lock.shard.path),
                tokenizer: lock.tokenizer.map { URL(filePath: $0.path) } ?? checkpoint.tokenizerFile,
                endOfText: checkpoint.endOfText, rules: lock.rules, context: lock.context, windows: lock.windows,
                order: lock.order)
            let (results, available) = try score(
                variants, stream, beginning: lock.rules.bos ? try checkpoint.beginning() : nil,
                isBaselineWanted: baselineCell != nil, progress: progress)
            var bad = cells.count - opened.count - (baselineCell == nil ? 0 : 1)
            for case (let cell?, let result?) in zip([baselineCell] + opened, results) {
                try inputs.checkUnchanged()
                if let module = result.notFiniteAfter {
                    try workspace.refuse(
                        [cell], of: .evaluate, reason: "values are not finite after '\(module)'", isFinal: true)
                    bad += 1
                } else {
                    try publish(
                        result, of: cell, bytesPerToken: stream.bytesPerToken, availableWindows: available)
                }
            }
            return bad
        } catch  where error.exitStatus == .badInput {
            // Those that were published before it came up stand.
            var left: [Cell] = []
            for cell in cells where try !exists(workspace.evaluation(cell.evaluation)) { left.append(cell) }
            guard !left.isEmpty else { throw error }
            try workspace.refuse(left, of: .evaluate, because: inputs.cause(of: error))
            return left.count
        }
    }

    /// The results of all variants, the baseline's first, and the windows that there were to score.
    private func score(
        _ variants: [Evaluator.Variant], _ stream: TokenStream, beginning: UInt32?, isBaselineWanted: Bool,
        progress: @escaping @Sendable (Double) -> Void
    ) throws(StageError) -> (results: [EvaluationResult?], availableWindows: Int) {
        let options = ScoringOptions(scored: lock.score, memoryBudget: memory)
        let documents = try stream.documentStarts(lock.rules, shard: lock.shard.path)
        guard let target = lock.target else {
            let request = Evaluator.Request(
                context: lock.context, beginning: beginning, documents: documents,
                windows: lock.windows.map { .first($0) } ?? .all, order: lock.order, options: options)
            let evaluation = try run(progress) { (control) throws(EvaluationError) in
                try Evaluator(variants).evaluate(stream.ids, request, control: control)
            }
            return (evaluation.results, evaluation.availableWindows)
        }
        let request = Evaluator.TargetedRequest(
            context: lock.context, beginning: beginning, documents: documents, target: target, order: lock.order,
            limit: lock.windows, baselineWindows: isBaselineWanted ? Lock.baselineWindows : 0, options: options)
        let evaluation = try run(progress) { (control) throws(EvaluationError) in
            try Evaluator(variants).evaluate(stream.ids, request, control: control)
        }
        return ([evaluation.baseline] + evaluation.variants, evaluation.availableWindows)
    }

    /// Opens a compressed checkpoint; one that is damaged goes away, so that it is made again.
    private func openCompressed(_ cell: Cell) throws(StageError) -> Checkpoint {
        guard let key = cell.compressed else { preconditionFailure("only compressed cells have compressed weights") }
        let directory = workspace.compressed(key)
        guard try exists(directory) else {
            throw .missing(path: directory.path, what: "qid-quantize makes it from the same manifest")
        }
        do throws(StageError) { try Checksums.verify(directory) } catch {
            if case .workspace(.corrupt) = error {
                try attempt { () throws(WorkspaceError) in try workspace.discard(directory) }
            }
            throw error
        }
        return try attempt { () throws(CheckpointError) in try Checkpoint(directory: directory) }
    }

    private func publish(
        _ result: EvaluationResult, of cell: Cell, bytesPerToken: Double?, availableWindows: Int
    ) throws(StageError) {
        let shard = ScoringRecord.Shard(
            digest: lock.shard.sha256, tokenizer: lock.tokenizer?.sha256 ?? cell.checkpoint.tokenizer)
        let record = EvaluationRecord(
            key: cell.evaluation.text, version: Stage.evaluate.version, checkpoint: cell.checkpoint,
            compression: CompressionRecord(cell, result),
            scoring: ScoringRecord(
                shard: shard, context: lock.context, tokens: lock.score, rules: lock.rules,
                bytesPerToken: bytesPerToken, order: lock.order,
                stopping: .init(cell.extent, availableWindows: availableWindows)),
            score: LossRecord(
                tokens: result.tokens, loss: result.loss, perplexity: result.perplexity,
                bitsPerWeight: result.bitsPerWeight, windows: result.windows(ofBaseline: cell.spec == nil)),
            products: .current)
        try attempt { () throws(WorkspaceError) in
            _ = try workspace.publish(Array(record.json.prettyText.utf8), at: workspace.evaluation(cell.evaluation))
        }
        try workspace.allow(cell.evaluation)
    }
}

extension CompressionRecord {
    /// Nil for the baseline.
    fileprivate init?(_ cell: Cell, _ result: EvaluationResult) {
        guard let spec = cell.spec, let compressed = cell.compressed else { return nil }
        self.init(
            spec: spec, revision: spec.revision, artifact: compressed.text, calibration: cell.calibrationDigest,
            degradation: Degradation(
                baselineLoss: result.baselineLoss, qid: result.qid, qidStderr: result.qidStandardError, kl: result.kl,
                klStderr: result.klStandardError, ratioStderr: result.ratioStandardError, agreement: result.agreement))
    }
}

extension ScoringRecord.Stopping {
    /// Nil where the number of windows was asked for.
    fileprivate init?(_ extent: Cell.Extent, availableWindows: Int) {
        guard case .until(let target, _, let baseline) = extent else { return nil }
        self.init(target: target, availableWindows: availableWindows, baseline: baseline.text)
    }
}

extension EvaluationResult {
    /// The windows as the store keeps them; a baseline's own KL is 0 and not kept.
    fileprivate func windows(ofBaseline isBaseline: Bool) -> [LossRecord.Window] {
        windowPlaces.indices.map {
            LossRecord.Window(
                place: windowPlaces[$0], nll: windowNLL[$0], kl: isBaseline ? nil : windowKL[$0],
                tokens: windowTokens[$0])
        }
    }
}
