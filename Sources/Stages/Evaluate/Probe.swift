import Calibration
import Checkpoint
import Compression
import Evaluation
import FoundationEssentials
import JSON
import Kernels
import LanguageModel
import Pipeline
import RealModule
import Records
import System
import Tokenization

/// How much a checkpoint minds errors in its weights: Gaussian noise in all layers at once, in lockstep with the baseline.
struct Probe {
    let checkpoint: Checkpoint
    /// The text on which outputs of layers are compared.
    let calibration: TokenWindows

    /// What was measured, and on how many windows.
    struct Outcome {
        let baselineLoss: Double
        let vocabularySize: Int
        let windows: Int
        let trials: [ProbeRecord.Trial]

        /// ln V − L₁₆.
        var ceiling: Double { max(0, .log(Double(vocabularySize)) - baselineLoss) }
    }

    func run(
        on stream: TokenStream, _ request: Evaluator.Request, progress: @escaping @Sendable (Double) -> Void
    ) throws(StageError) -> Outcome {
        var trials = try NoiseTrials(checkpoint, on: stream.ids, request)
        let size = try trials.smallEnoughSize { progress(0.2 * $0) }
        let noises = ProbeRecord.seeds.map { trials.noise(size, $0) } + trials.others(than: size)
        let evaluation = try trials.score(noises) { progress(0.2 + 0.3 * $0) }
        let forms = noises.map { trials.baseline.noisy($0) }
        let reading: @Sendable (Double) -> Void = { progress(0.5 + 0.5 * $0) }
        let errors = try walk(reading) { (control) throws(LanguageModelError) in
            try readErrors(of: forms, from: trials.baseline, on: calibration, control: control)
        }
        return Outcome(
            baselineLoss: evaluation.results[0].loss, vocabularySize: trials.description.vocabularySize,
            windows: evaluation.windows,
            trials: zip(noises, errors).compactMap { noise, errors in
                guard !errors.isEmpty, errors.allSatisfy(\.isFinite), let result = trials.finiteResult(of: noise)
                else { return nil }
                return ProbeRecord.Trial(
                    size: noise.size, seed: noise.seed, kl: result.kl, klStderr: result.klStandardError,
                    qid: result.qid, qidStderr: result.qidStandardError, readErrors: errors)
            })
    }
}

/// Noise in the weights of a checkpoint's linear layers and what it costs, each scored once.
private struct NoiseTrials {
    let baseline: WeightStore
    let description: DecoderDescription
    private let modules: Set<String>
    private let ids: [UInt32]
    private let request: Evaluator.Request
    private var results: [WeightNoise: EvaluationResult] = [:]

    init(_ checkpoint: Checkpoint, on ids: [UInt32], _ request: Evaluator.Request) throws(StageError) {
        let baseline = try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
        let description = try attempt { () throws(LanguageModelError) in try ModelVariant(baseline).description }
        (self.baseline, self.description, self.ids, self.request) = (baseline, description, ids, request)
        modules = Set(description.linearModules.map(\.name))
    }

    func noise(_ size: Double, _ seed: Int) -> WeightNoise { WeightNoise(size: size, seed: seed, modules: modules) }

    /// That of the multiples of a size, to see whether KL ∝ t² there.
    func others(than size: Double) -> [WeightNoise] {
        ProbeRecord.multiples.map { noise($0 * size, ProbeRecord.seeds[0]) }
    }

    /// What noise cost that was scored; nil where values were not finite.
    func finiteResult(of noise: WeightNoise) -> EvaluationResult? {
        results[noise].flatMap { $0.notFiniteAfter == nil ? $0 : nil }
    }

    /// Scores what is not scored yet, in lockstep with the baseline.
    mutating func score(
        _ noises: [WeightNoise], progress: @escaping @Sendable (Double) -> Void
    ) throws(StageError) -> Evaluation {
        let new = noises.filter { results[$0] == nil }
        let variants =
            [Evaluator.Variant(name: "baseline", weights: baseline)]
            + new.map { .init(name: "noise of \($0.size), seed \($0.seed)", weights: baseline.noisy($0)) }
        let (ids, request) = (ids, request)
        let evaluation = try Stages.run(progress) { (control) throws(EvaluationError) in
            try Evaluator(variants).evaluate(ids, request, control: control)
        }
        for (noise, result) in zip(new, evaluation.results.dropFirst()) { results[noise] = result }
        return evaluation
    }

    /// The first of the sizes at which KL ∝ t², or the last one.
    mutating func smallEnoughSize(progress: @escaping @Sendable (Double) -> Void) throws(StageError) -> Double {
        for size in ProbeRecord.sizes {
            let (one, others) = (noise(size, ProbeRecord.seeds[0]), others(than: size))
            _ = try score([one] + others, progress: progress)
            guard let kl = finiteResult(of: one)?.kl else { continue }
            let found = others.compactMap { other in finiteResult(of: other).map { (other.size, $0.kl) } }
            if ProbeRecord.nonlinearity((size, kl), found) <= ProbeRecord.tolerance { return size }
        }
        return ProbeRecord.sizes[ProbeRecord.sizes.count - 1]
    }
}

/// Probes the checkpoints of a manifest's cells that the store holds no probe of.
struct CheckpointProbes {
    let lock: Lock
    let workspace: Workspace
    let memory: Int
    /// The shards and the tokenizer of the lock.
    let inputs: WatchedInputs
    private let streams = TokenStreams()

    /// Probes the checkpoint of a baseline's cell and publishes what it says; a checkpoint that cannot be probed is named.
    ///
    /// - Returns: whether it could be.
    func probe(_ cell: Cell, progress: @escaping @Sendable (Double) -> Void) throws(StageError) -> Bool {
        guard let wanted = cell.probe, let calibration = lock.calibration else { return true }
        var inputs = inputs
        do throws(StageError) {
            let checkpoint = try openCheckpoint(cell.checkpoint, in: workspace)
            inputs.watch(checkpoint)
            let text = try calibration.request(lock).windows(for: checkpoint, streams)
            let stream = try streams.stream(
                shard: URL(filePath: lock.shard.path),
                tokenizer: lock.tokenizer.map { URL(filePath: $0.path) } ?? checkpoint.tokenizerFile,
                endOfText: checkpoint.endOfText, rules: lock.rules, context: lock.context, windows: wanted.windows,
                order: lock.order)
            let request = Evaluator.Request(
                context: lock.context, beginning: lock.rules.bos ? try checkpoint.beginning() : nil,
                documents: try stream.documentStarts(lock.rules, shard: lock.shard.path),
                windows: .first(wanted.windows), order: lock.order,
                options: ScoringOptions(scored: lock.score, memoryBudget: memory))
            let outcome = try Probe(checkpoint: checkpoint, calibration: text.compared)
                .run(on: stream, request, progress: progress)
            try inputs.checkUnchanged()
            guard !outcome.trials.isEmpty else {
                report(
                    "evaluate: probe of checkpoint \(cell.checkpoint.digest.prefix(12)): values are not finite under noise"
                )
                return false
            }
            try publish(outcome, of: cell, wanted, isUnseen: text.areUnseen)
            return true
        } catch  where error.isOfCell {
            report("evaluate: probe of checkpoint \(cell.checkpoint.digest.prefix(12)): \(inputs.cause(of: error))")
            return false
        }
    }

    private func publish(_ outcome: Probe.Outcome, of cell: Cell, _ wanted: Cell.Probe, isUnseen: Bool)
        throws(StageError)
    {
        let shard = ScoringRecord.Shard(
            digest: lock.shard.sha256, tokenizer: lock.tokenizer?.sha256 ?? cell.checkpoint.tokenizer)
        let record = ProbeRecord(
            key: wanted.key.text, version: Stage.evaluate.version, checkpoint: cell.checkpoint,
            scoring: ScoringRecord(
                shard: shard, context: lock.context, tokens: lock.score, rules: lock.rules, order: lock.order),
            windows: outcome.windows, calibration: wanted.calibration, isUnseen: isUnseen,
            baselineLoss: outcome.baselineLoss, trials: outcome.trials, products: .current)
        try workspace.publish(record.json, at: workspace.probe(wanted.key))
        if !record.trials.isUsable {
            report(
                "evaluate: probe of checkpoint \(cell.checkpoint.digest.prefix(12)): KL is not in proportion to the squared "
                    + "size of the noise (off by \(Int((record.trials.nonlinearity * 100).rounded())) %, where "
                    + "\(Int(ProbeRecord.tolerance * 100)) are allowed), so nothing is predicted from it")
        }
    }
}

extension Workspace {
    /// Publishes a document in a folder that older workspaces do not have.
    func publish(_ document: JSONValue, at place: URL) throws(StageError) {
        try attempt { () throws(SystemError) in try makeDirectory(place.deletingLastPathComponent()) }
        try attempt { () throws(WorkspaceError) in _ = try publish(Array(document.prettyText.utf8), at: place) }
    }
}

extension Lock.Calibration {
    /// The text again, with the tokenizer and the separator that the lock names, if it does.
    func request(_ lock: Lock) -> CalibrationRequest {
        CalibrationRequest(
            Manifest.Calibration(shard: URL(filePath: shard.path), context: context, windows: windows),
            tokenizer: lock.tokenizer.map { URL(filePath: $0.path) }, separator: lock.rules.separator)
    }
}
