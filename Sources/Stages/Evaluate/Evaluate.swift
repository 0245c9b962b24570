import Checkpoint
import Compression
package import Evaluation
package import FoundationEssentials
import JSON
package import LanguageModel
package import Pipeline
import Presentation
import Records
import System
import Tokenization

/// A checkpoint with its compressed forms, to be evaluated on a shard.
package struct EvaluationRequest: Sendable {
    package let checkpoint: URL
    package let compressed: [URL]
    package let shard: URL
    /// Nil: the one beside the checkpoint.
    package let tokenizer: URL?
    package let context: Int
    /// Nil: all of the shard.
    package let windows: Int?
    package let order: WindowOrder
    /// Stop as soon as every form is known this well; nil: score all windows.
    package let target: PrecisionTarget?
    package let scored: ScoredTokens
    /// By which rules the text becomes windows.
    package let rules: WindowRules
    /// Bytes for activations.
    package let memory: Int

    package init(
        checkpoint: URL, compressed: [URL], shard: URL, tokenizer: URL?, context: Int, windows: Int?,
        order: WindowOrder, target: PrecisionTarget?, scored: ScoredTokens, rules: WindowRules = WindowRules(),
        memory: Int
    ) {
        (self.checkpoint, self.compressed, self.shard, self.tokenizer) = (checkpoint, compressed, shard, tokenizer)
        (self.context, self.windows, self.order, self.target) = (context, windows, order, target)
        (self.scored, self.rules, self.memory) = (scored, rules, memory)
    }
}

/// Evaluates plain directories and returns a JSON document or a table for people.
package func evaluate(_ request: EvaluationRequest, asJSON: Bool) throws(StageError) -> String {
    let (evaluation, protocols) = try measured(request)
    return asJSON ? protocols.added(to: evaluation.json).prettyText : table(evaluation, protocols)
}

/// Evaluates plain directories.
package func evaluation(of request: EvaluationRequest) throws(StageError) -> Evaluation {
    try measured(request).0
}

private func measured(_ request: EvaluationRequest) throws(StageError) -> (Evaluation, ScoringProtocol) {
    var variants: [Evaluator.Variant] = []
    var baseline: Checkpoint?
    var inputs = WatchedInputs()
    for file in [request.shard, request.tokenizer].compactMap(\.self) where try exists(file) { try inputs.watch(file) }
    for (index, directory) in ([request.checkpoint] + request.compressed).enumerated() {
        let checkpoint = try openNamed(directory)
        inputs.watch(checkpoint)
        baseline = baseline ?? checkpoint
        let weights = try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
        variants.append(.init(name: index == 0 ? "baseline" : directory.lastPathComponent, weights: weights))
    }
    let stream = try TokenStreams().stream(
        shard: request.shard, tokenizer: request.tokenizer ?? baseline?.tokenizerFile,
        endOfText: baseline?.endOfText, rules: request.rules, context: request.context, windows: request.windows,
        order: request.order)
    if let baseline { noteLongWindows(of: request.context, for: [(request.checkpoint.path, baseline)]) }
    let progress = Progress("evaluate")
    let count: WindowCount =
        if let target = request.target {
            .until(target, limit: request.windows)
        } else {
            request.windows.map { .first($0) } ?? .all
        }
    let scoring = Evaluator.Request(
        context: request.context, beginning: request.rules.bos ? try baseline?.beginning() : nil,
        documents: try stream.documentStarts(request.rules, shard: request.shard.path), windows: count,
        order: request.order,
        options: ScoringOptions(scored: request.scored, memoryBudget: request.memory))
    let tell = { @Sendable (fraction: Double) in
        progress.update(fraction, "'\(request.checkpoint.lastPathComponent)'")
    }
    let evaluation = try run(tell) { (control) throws(EvaluationError) in
        try Evaluator(variants).evaluate(stream.ids, scoring, control: control)
    }
    try inputs.checkUnchanged()
    progress.finish(
        "\(evaluation.windows) of \(evaluation.availableWindows) windows of \(evaluation.context) tokens")
    let protocols = ScoringProtocol(
        beginning: scoring.beginning, documents: request.rules.documents,
        separator: stream.bytesPerToken == nil && request.rules.documents == .joined ? nil : stream.separator,
        bytesPerToken: stream.bytesPerToken)
    return (evaluation, protocols)
}

/// Makes the evaluations of a manifest's cells that the store does not hold, checkpoint by checkpoint.
package func evaluate(
    manifest: URL, workspace location: URL, cells selection: CellSelection, memory: Int
) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let storeLock = try hold(workspace.storeLock, .shared)
    defer { storeLock.release() }
    let lock = try resolve(manifest: manifest, workspace: workspace).lock
    let cells = selection.take(lock.cells)
    let contents = try StoreContents(workspace)
    let (indexes, refused) = try workspace.missing(of: cells, contents)
    let missing = indexes.map { cells[$0] }
    let unprobed = cells.filter { !contents.isProbed($0) }
    let inputs = missing.isEmpty && unprobed.isEmpty ? WatchedInputs() : try lock.checkInputs()
    let progress = Progress("evaluate")
    func work(_ cell: Cell, windows: Int?) -> Double {
        Double(cell.checkpoint.size.parameters) * Double(windows ?? lock.windows ?? ProbeRecord.windows)
    }
    func work(probing cell: Cell) -> Double {
        Double(2 * (ProbeRecord.seeds.count + ProbeRecord.multiples.count)) * work(cell, windows: cell.probe?.windows)
    }
    let total =
        missing.reduce(0) { $0 + work($1, windows: nil) } + unprobed.reduce(0) { $0 + work(probing: $1) }
    var (done, bad) = (0.0, 0)
    let log = CellLog(.evaluate, manifest: manifest, selection, in: workspace)
    let models = byCheckpoint(missing).map(\.[0].checkpoint.digest)
    // What cannot be opened is its own cells' failure.
    noteLongWindows(
        of: lock.context,
        for: models.compactMap { digest in
            (try? openNamed(workspace.checkpoint(digest))).map { (String(digest.prefix(12)), $0) }
        })
    let task = CellEvaluation(lock: lock, workspace: workspace, memory: memory, inputs: inputs)
    for group in byCheckpoint(missing) {
        let record = group[0].checkpoint
        let (before, share) = (done, group.reduce(0) { $0 + work($1, windows: nil) })
        let tell = { @Sendable (fraction: Double) in
            progress.update((before + fraction * share) / total, "checkpoint \(record.digest.prefix(12))")
        }
        let begun = Clock.seconds
        bad += try task.evaluate(group, progress: tell)
        try log.note(group, seconds: Clock.seconds - begun)
        done += share
    }
    let probes = CheckpointProbes(lock: lock, workspace: workspace, memory: memory, inputs: inputs)
    for cell in unprobed {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        let name = "probe of checkpoint \(cell.checkpoint.digest.prefix(12))"
        let (before, share) = (done, work(probing: cell))
        if try !probes.probe(cell, progress: { progress.update((before + $0 * share) / total, name) }) { bad += 1 }
        done += share
    }
    progress.finish(
        "\(missing.count - bad) cells evaluated, \(cells.count - missing.count - refused) known"
            + (bad == 0 ? "" : ", \(bad) failed") + (refused == 0 ? "" : ", \(refused) refused"))
    return bad + refused == 0 ? .success : .badInput
}

/// Cells of one checkpoint together, in their order.
private func byCheckpoint(_ cells: [Cell]) -> [[Cell]] {
    var groups: [[Cell]] = []
    for cell in cells {
        if groups.last?.last?.checkpoint == cell.checkpoint {
            groups[groups.count - 1].append(cell)
        } else {
            groups.append([cell])
        }
    }
    return groups
}

/// Makes an evaluation; a signal stops it between layers.
func run<Result>(
    _ progress: @escaping @Sendable (Double) -> Void, _ evaluate: (RunControl) throws(EvaluationError) -> Result
) throws(StageError) -> Result {
    let control = RunControl(progress: progress, isCancelled: { Interruption.isRequested })
    do throws(EvaluationError) {
        return try evaluate(control)
    } catch {
        if Interruption.isRequested { throw .workspace(.stopped) }
        throw .evaluation(error)
    }
}

/// The results as a table for people.
private func table(_ evaluation: Evaluation, _ protocols: ScoringProtocol) -> String {
    let rows = evaluation.results.map { result in
        [
            result.name, Figures.fixed(result.loss, decimals: 5), Figures.fixed(result.perplexity, decimals: 3),
            Figures.fixed(result.qid, decimals: 5),
            result.qidStandardError.map { Figures.fixed($0, decimals: 5) } ?? "-",
            Figures.fixed(result.kl, decimals: 5),
            result.klStandardError.map { Figures.fixed($0, decimals: 5) } ?? "-",
            Figures.fixed(result.agreement * 100, decimals: 2) + " %",
            Figures.fixed(result.bitsPerWeight, decimals: 3),
        ] + (protocols.bitsPerByte(loss: result.loss).map { [Figures.fixed($0, decimals: 5)] } ?? [])
    }
    let header =
        ["", "loss", "perplexity", "QiD", "± s.e.", "KL", "± s.e.", "agreement", "bits/weight"]
        + (protocols.bytesPerToken == nil ? [] : ["bits/byte"])
    return TextTable(header, text: [0], rows: rows).aligned()
}

extension Checkpoint {
    /// The id that ends a document, if the configuration names one.
    var endOfText: UInt32? { config.json.endOfText }

    /// The id that begins a text, which the configuration must name.
    func beginning() throws(StageError) -> UInt32 {
        guard let id = config.json["bos_token_id"]?.int.flatMap({ UInt32(exactly: $0) }) else {
            throw .checkpoint(
                .wrongValue(
                    file: config.file, key: "bos_token_id",
                    found: config.json["bos_token_id"]?.canonicalText ?? "missing",
                    expected: "a token's id, as windows are to begin with it"))
        }
        return id
    }
}
