import Checkpoint
import Compression
import Evaluation
import FoundationEssentials
import JSON
import LanguageModel
import Pipeline

/// Evaluates cells of one checkpoint in lockstep with its baseline and publishes each as it is known.
struct CellEvaluation {
    let lock: Lock
    let workspace: Workspace
    let memory: Int
    private let streams = TokenStreams()

    init(lock: Lock, workspace: Workspace, memory: Int) {
        self.lock = lock
        self.workspace = workspace
        self.memory = memory
    }

    /// Returns how many of the cells could not be evaluated; each was reported.
    func evaluate(_ cells: [Cell], progress: @escaping @Sendable (Double) -> Void) throws(StageError) -> Int {
        try attempt { () throws(WorkspaceError) in try Interruption.current.check() }
        let record = cells[0].checkpoint
        let name = "checkpoint \(record.digest.prefix(12))"
        do throws(StageError) {
            let checkpoint = try openCheckpoint(record, in: workspace)
            let baseline = try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
            var variants = [Evaluator.Variant(name: "baseline", weights: baseline)]
            var opened: [Cell] = []
            for cell in cells where cell.compressed != nil {
                do throws(StageError) {
                    variants.append(.init(name: cell.name, weights: try compressedWeights(of: cell)))
                    opened.append(cell)
                } catch  where error.exitStatus != .tryAgain {
                    report("evaluate: \(name), \(cell.name): \(error)")
                }
            }
            let stream = try streams.stream(
                shard: URL(filePath: lock.shard.path),
                tokenizer: lock.tokenizer.map { URL(filePath: $0.path) } ?? checkpoint.tokenizerFile,
                endOfText: checkpoint.endOfText, context: lock.context, windows: lock.windows)
            let scoring = Evaluator.Request(
                context: lock.context, windows: lock.windows.map { .first($0) } ?? .all,
                options: ScoringOptions(memoryBudget: memory))
            let evaluation = try run(variants, stream, scoring, progress: progress)
            let hasBaseline = cells.contains { $0.compressed == nil }
            let results = zip([cells.first { $0.compressed == nil }] + opened, evaluation.results)
            var bad = cells.count - opened.count - (hasBaseline ? 1 : 0)
            for case (let cell?, let result) in results {
                if let module = result.notFiniteAfter {
                    report("evaluate: \(name), \(cell.name): values are not finite after '\(module)'")
                    bad += 1
                } else {
                    try publish(result, of: cell, in: evaluation)
                }
            }
            return bad
        } catch  where error.exitStatus == .badInput {
            report("evaluate: \(name): \(error)")
            return cells.count
        }
    }

    private func compressedWeights(of cell: Cell) throws(StageError) -> WeightStore {
        guard let key = cell.compressed else { preconditionFailure("only compressed cells have compressed weights") }
        let directory = workspace.compressed(key)
        guard exists(directory) else {
            throw .missing(path: directory.path, what: "qid-quantize makes it from the same manifest")
        }
        try Checksums.verify(directory)
        let checkpoint = try attempt { () throws(CheckpointError) in try Checkpoint(directory: directory) }
        return try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
    }

    private func publish(_ result: EvaluationResult, of cell: Cell, in evaluation: Evaluation) throws(StageError) {
        let degradation = cell.spec.map { _ in
            EvaluationArtifact.Degradation(
                baselineLoss: evaluation.results[0].loss, qid: result.qid, qidStderr: result.qidStandardError,
                kl: result.kl, agreement: result.agreement)
        }
        let artifact = EvaluationArtifact(
            key: cell.evaluation.text, checkpoint: cell.checkpoint, spec: cell.spec, compressed: cell.compressed?.text,
            calibration: cell.calibrationDigest,
            shard: .init(digest: lock.shard.sha256, tokenizer: lock.tokenizer?.sha256 ?? cell.checkpoint.tokenizer),
            context: evaluation.context, tokens: evaluation.tokens, loss: result.loss,
            perplexity: result.perplexity, bitsPerWeight: result.bitsPerWeight, degradation: degradation,
            windowNLL: result.windowNLL)
        try attempt { () throws(WorkspaceError) in
            _ = try workspace.publish(Array(artifact.json.prettyText.utf8), at: workspace.evaluation(cell.evaluation))
        }
    }
}
