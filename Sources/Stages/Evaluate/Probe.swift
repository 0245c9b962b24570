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
    let memory: Int

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
        let baseline = try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
        let description = try attempt { () throws(LanguageModelError) in try ModelVariant(baseline).description }
        let modules = Set(description.linearModules.map(\.name))
        var known: [WeightNoise: EvaluationResult] = [:]
        func noise(_ size: Double, _ seed: Int) -> WeightNoise { WeightNoise(size: size, seed: seed, modules: modules) }
        func evaluate(_ noises: [WeightNoise], _ share: ClosedRange<Double>) throws(StageError) -> Evaluation {
            let new = noises.filter { known[$0] == nil }
            let variants =
                [Evaluator.Variant(name: "baseline", weights: baseline)]
                + new.map { .init(name: "noise of \($0.size), seed \($0.seed)", weights: baseline.noisy($0)) }
            let tell = { @Sendable (fraction: Double) in
                progress(share.lowerBound + fraction * (share.upperBound - share.lowerBound))
            }
            let evaluation = try Stages.run(tell) { (control) throws(EvaluationError) in
                try Evaluator(variants).evaluate(stream.ids, request, control: control)
            }
            for (noise, result) in zip(new, evaluation.results.dropFirst()) { known[noise] = result }
            return evaluation
        }
        func finiteKL(_ noise: WeightNoise) -> Double? {
            known[noise].flatMap { $0.notFiniteAfter == nil ? $0.kl : nil }
        }
        let seed = ProbeRecord.seeds[0]
        var size = 0.0
        var others: [WeightNoise] = []
        for next in ProbeRecord.sizes {
            size = next
            others = ProbeRecord.multiples.map { noise($0 * next, seed) }
            _ = try evaluate([noise(next, seed)] + others, 0...0.2)
            guard let one = finiteKL(noise(next, seed)) else { continue }
            var found: [(size: Double, kl: Double)] = []
            for other in others { if let kl = finiteKL(other) { found.append((other.size, kl)) } }
            if ProbeRecord.nonlinearity((next, one), found) <= ProbeRecord.tolerance { break }
        }
        let noises = ProbeRecord.seeds.map { noise(size, $0) } + others
        let evaluation = try evaluate(noises, 0.2...0.5)
        let errors = try layerErrors(
            of: noises.map { DistortedWeights(baseline.noisy($0)) }, from: checkpoint, on: calibration, memory: memory,
            progress: { progress(0.5 + $0 / 2) })
        var trials: [ProbeRecord.Trial] = []
        for (noise, errors) in zip(noises, errors) {
            guard let distortion = errors.distortion, let result = known[noise], result.notFiniteAfter == nil else {
                continue
            }
            trials.append(
                ProbeRecord.Trial(
                    size: noise.size, seed: noise.seed, kl: result.kl, klStderr: result.klStandardError,
                    qid: result.qid, qidStderr: result.qidStandardError, distortion: distortion))
        }
        return Outcome(
            baselineLoss: evaluation.results[0].loss, vocabularySize: description.vocabularySize,
            windows: evaluation.windows, trials: trials)
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
            let outcome = try Probe(checkpoint: checkpoint, calibration: text.compared, memory: memory)
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
