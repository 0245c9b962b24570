import Compression
package import FoundationEssentials
import JSON
package import Pipeline
import System
import Warehouse

/// Puts evaluations into the warehouse, one transaction each, and what is known of where their checkpoints were found.
///
/// What stands recorded stays; a damaged artifact is reported and does not stop the others.
/// `evaluations` are artifacts; all in the store if empty.
package func record(evaluations: [URL], workspace location: URL) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let files =
        evaluations.isEmpty
        ? try artifactNames(in: workspace.evaluations)
            .map { workspace.evaluations.appending(path: $0) } : evaluations
    let warehouse = try openWarehouse(workspace.warehouse)
    let sources = try sourceRecords(in: workspace)
    try recordSources(sources, into: warehouse, workspace)
    let refused = try recordRefusals(sources, into: warehouse, workspace)

    let labels = try shardLabels(workspace)
    let progress = Progress("record")
    var added = 0
    var bad = 0
    for (index, file) in files.enumerated() {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        do throws(StageError) {
            let artifact = try evaluationArtifact(at: file)
            let row = EvaluationRow(artifact, shardName: labels[artifact.shard.digest])
            if try attempt({ () throws(WarehouseError) in try warehouse.record(row) }) == .added { added += 1 }
        } catch  where error.exitStatus == .badInput {
            report("record: \(error)")
            bad += 1
        }
        progress.update(Double(index + 1) / Double(files.count), "\(index + 1) of \(files.count) evaluations")
    }
    let rejected = sources.filter { $0.digest == nil }.count
    progress.finish(
        "\(added) evaluations added, \(files.count - added - bad) known"
            + (bad == 0 ? "" : ", \(bad) damaged") + (rejected == 0 ? "" : ", \(rejected) bad sources noted")
            + (refused == 0 ? "" : ", \(refused) refused cells noted"))
    return bad == 0 ? .success : .badInput
}

/// Reads an evaluation and makes sure that it is the one its name says.
func evaluationArtifact(at file: URL) throws(StageError) -> EvaluationArtifact {
    let json = try readJSON(file)
    guard let artifact = EvaluationArtifact(json) else {
        throw .workspace(.corrupt(path: file.path, reason: "not an evaluation of version \(Stage.evaluate.version)"))
    }
    return artifact
}

/// All that the store says of places in archives.
func sourceRecords(in workspace: Workspace) throws(StageError) -> [SourceRecord] {
    try artifactNames(in: workspace.sources).map {
        (name) throws(StageError) in
        let file = workspace.sources.appending(path: name)
        guard let record = SourceRecord(try readJSON(file)) else {
            throw .workspace(.corrupt(path: file.path, reason: "not a record of a source"))
        }
        return record
    }
}

private func recordSources(
    _ sources: [SourceRecord], into warehouse: Warehouse, _ workspace: Workspace
) throws(StageError) {
    for source in sources {
        guard let digest = source.digest, try exists(workspace.checkpoint(digest)) else { continue }
        let row = SourceRow(
            checkpoint: CheckpointRow(try checkpointRecord(digest, in: workspace)), path: source.path,
            family: source.facts.family, step: source.facts.step, tokens: source.facts.tokens,
            phase: LearningRatePhase(rawValue: source.facts.phase) ?? .unknown,
            native: source.facts.trainedAs.map(NativeCompressionRow.init), fingerprint: source.fingerprint)
        _ = try attempt { () throws(WarehouseError) in try warehouse.record(row) }
    }
    let failures = sources.compactMap { source in
        if case .rejected(let reason) = source.outcome { FailureRow(subject: source.path, reason: reason) } else { nil }
    }
    try attempt { () throws(WarehouseError) in
        try warehouse.record(failures: failures, of: Stage.ingest.rawValue)
    }
}

/// Notes the cells that could not be made, each with the first place of its checkpoint; returns how many there are.
private func recordRefusals(
    _ sources: [SourceRecord], into warehouse: Warehouse, _ workspace: Workspace
) throws(StageError) -> Int {
    let refusals = try workspace.standingRefusals()
    for stage in [Stage.quantize, .evaluate] {
        let rows = refusals.filter { $0.stage == stage }.map { refusal in
            let place = sources.filter { $0.digest == refusal.checkpoint }.map(\.path).min()
            return FailureRow(
                subject: refusal.subject + (place.map { " (\($0))" } ?? ""), reason: refusal.reason)
        }
        try attempt { () throws(WarehouseError) in try warehouse.record(failures: rows, of: stage.rawValue) }
    }
    return refusals.count
}

/// What people call a shard: its file's name in the runs that used it.
private func shardLabels(_ workspace: Workspace) throws(StageError) -> [String: String] {
    var labels: [String: String] = [:]
    for run in try attempt({ () throws(WorkspaceError) in try workspace.runDirectories() }) {
        if let shard = try? Lock(file: run.lock).shard {
            labels[shard.sha256] = URL(filePath: shard.path).lastPathComponent
        }
    }
    return labels
}

extension CheckpointRow {
    init(_ record: CheckpointRecord) {
        self.init(
            digest: record.digest, architecture: record.architecture, dtype: record.dtype,
            paramsTotal: record.parameters, paramsNonEmbedding: record.nonEmbeddingParameters,
            hiddenSize: record.width, layers: record.layers, vocabularySize: record.vocabulary,
            storedScheme: record.storedScheme)
    }
}

extension NativeCompressionRow {
    init(_ spec: NativeSpec) {
        self.init(
            scheme: spec.scheme, bits: spec.bits, activationBits: spec.activations, sparsity: spec.sparsity?.share)
    }
}

extension SpecRow {
    init(_ spec: Spec) {
        let groupSize: Int? = if case .size(let size) = spec.group { size } else { nil }
        self.init(
            name: spec.name, scheme: spec.scheme, method: spec.method.rawValue, bits: spec.nominalBits,
            groupSize: groupSize, symmetric: spec.symmetric, canonical: spec.canonical.canonicalText)
    }
}

extension EvaluationRow {
    init(_ artifact: EvaluationArtifact, shardName: String?) {
        let compression = artifact.spec.flatMap { spec in
            artifact.degradation.map { degradation in
                Compression(
                    spec: SpecRow(spec),
                    degradation: DegradationRow(
                        baselineLossNats: degradation.baselineLoss, qidNats: degradation.qid,
                        qidStderrNats: degradation.qidStderr, klNats: degradation.kl,
                        agreement: degradation.agreement))
            }
        }
        self.init(
            key: artifact.key, checkpoint: CheckpointRow(artifact.checkpoint),
            shard: ShardRow(
                digest: artifact.shard.streamDigest, name: shardName ?? String(artifact.shard.digest.prefix(12)),
                fileDigest: artifact.shard.digest, tokenizerDigest: artifact.shard.tokenizer),
            contextTokens: artifact.context, scoredTokens: artifact.tokens, score: ScoredPart(artifact.score),
            lossNats: artifact.loss,
            perplexity: artifact.perplexity, bitsPerWeight: artifact.bitsPerWeight,
            windowNLLNats: artifact.windowNLL,
            stopping: artifact.stopping.map {
                Stopping(
                    qidStderrTargetNats: $0.qidStderr, availableWindows: $0.availableWindows, baselineKey: $0.baseline)
            },
            compression: compression,
            provenance: EvaluationProvenance(
                compressedKey: artifact.compressed, calibrationDigest: artifact.calibration,
                stageVersion: Stage.evaluate.version,
                programVersion: Stages.programVersion))
    }
}

extension ScoredPart {
    fileprivate init(_ score: Manifest.Evaluation.Score) {
        switch score {
        case .all: self = .all
        case .secondHalf: self = .secondHalf
        }
    }
}
