package import FoundationEssentials
import JSON
package import Pipeline
import Records
import System
import Warehouse

/// Puts evaluations into the warehouse, one transaction each, and what is known of where their checkpoints were found.
///
/// What stands recorded stays; a damaged artifact is reported and does not stop the others.
/// `evaluations` are artifacts; all in the store if empty.
package func record(evaluations: [URL], workspace location: URL) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let warehouse = try openWarehouse(workspace.warehouse)
    let names = evaluations.isEmpty ? try artifactNames(in: workspace.evaluations) : []
    // An artifact never changes, so one whose key stands recorded is not read again.
    let recorded = try attempt { () throws(WarehouseError) in try warehouse.reader.evaluationKeys() }
    let files =
        evaluations
        + names.filter { !recorded.contains(String($0.dropLast(".json".count))) }
        .map { workspace.evaluations.appending(path: $0) }
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
            let evaluation = try evaluationRecord(at: file)
            let label = labels[evaluation.scoring.shard.digest]
            let outcome = try attempt { () throws(WarehouseError) in
                try warehouse.record(evaluation, shardName: label)
            }
            if outcome == .added { added += 1 }
        } catch  where error.exitStatus == .badInput {
            report("record: \(error)")
            bad += 1
            // One that was named may lie anywhere.
            if file.deletingLastPathComponent().path == workspace.evaluations.path {
                try discardIfDamaged(file, in: workspace)
            }
        }
        progress.update(Double(index + 1) / Double(files.count), "\(index + 1) of \(files.count) evaluations")
    }
    let doubted = try recordFindings(sources, into: warehouse)
    bad += try recordDistortions(into: warehouse, labels, workspace)
    let rejected = sources.filter { $0.digest == nil }.count
    progress.finish(
        "\(added) evaluations added, \(max(names.count, files.count) - added - bad) known"
            + (bad == 0 ? "" : ", \(bad) damaged") + (rejected == 0 ? "" : ", \(rejected) bad sources noted")
            + (refused == 0 ? "" : ", \(refused) refused cells noted"))
    return bad == 0 && doubted == 0 ? .success : .badInput
}

/// Takes an artifact out of the store that is no JSON any more, so that the next run makes it again.
func discardIfDamaged(_ file: URL, in workspace: Workspace) throws(StageError) {
    let bytes = try attempt { () throws(SystemError) in try readFile(file) }
    if (try? JSONValue(parsing: bytes)) != nil { return }
    try attempt { () throws(WorkspaceError) in try workspace.discard(file) }
}

/// Reads an evaluation and makes sure that it is the one its name says.
func evaluationRecord(at file: URL) throws(StageError) -> EvaluationRecord {
    let json = try readJSON(file)
    guard let record = EvaluationRecord(json), record.version == Stage.evaluate.version else {
        throw .workspace(.corrupt(path: file.path, reason: "not an evaluation of version \(Stage.evaluate.version)"))
    }
    return record
}

/// All that the store says of places in archives.
func sourceRecords(in workspace: Workspace) throws(StageError) -> [SourceRecord] {
    var records: [SourceRecord] = []
    for name in try artifactNames(in: workspace.sources) {
        let file = workspace.sources.appending(path: name)
        let json: JSONValue?
        do throws(StageError) { json = try readJSON(file) } catch {
            guard case .workspace(.corrupt) = error else { throw error }
            json = nil
        }
        if let record = json.flatMap(SourceRecord.init) {
            records.append(record)
        } else {
            report("'\(file.path)' is no record of a source; the next 'qid ingest' of its archive makes it again")
        }
    }
    return records
}

private func recordSources(
    _ sources: [SourceRecord], into warehouse: Warehouse, _ workspace: Workspace
) throws(StageError) {
    for source in sources {
        guard let digest = source.digest, let checkpoint = try settledCheckpointRecord(digest, in: workspace) else {
            continue
        }
        _ = try attempt { () throws(WarehouseError) in try warehouse.record(source, of: checkpoint) }
    }
    let failures = sources.compactMap { source -> Failure? in
        guard case .rejected(let reason) = source.outcome else { return nil }
        return Failure(stage: Stage.ingest.rawValue, subject: source.path, reason: reason)
    }
    try attempt { () throws(WarehouseError) in
        try warehouse.record(failures: failures, of: Stage.ingest.rawValue)
    }
}

/// Notes what is wrong or doubtful about places, by what was found there and by what losses say since; returns how many
/// places losses speak against.
private func recordFindings(_ sources: [SourceRecord], into warehouse: Warehouse) throws(StageError) -> Int {
    let losses = try attempt { () throws(WarehouseError) in try warehouse.reader.baselineLosses() }
    let doubted = lossFindings(sources, losses)
    for one in doubted { report("record: doubtful '\(one.path)': \(one.finding.message)") }
    let found = sources.flatMap { source in
        source.findings.map { PlacedFinding(path: source.path, checkpoint: source.digest, finding: $0) }
    }
    try attempt { () throws(WarehouseError) in try warehouse.record(findings: found + doubted) }
    return doubted.count
}

/// Notes the cells that could not be made, each with the first place of its checkpoint; returns how many there are.
private func recordRefusals(
    _ sources: [SourceRecord], into warehouse: Warehouse, _ workspace: Workspace
) throws(StageError) -> Int {
    let refusals = try workspace.standingRefusals()
    for stage in [Stage.quantize, .evaluate] {
        let rows = refusals.filter { $0.stage == stage }.map { refusal in
            let place = sources.filter { $0.digest == refusal.checkpoint }.map(\.path).min()
            return Failure(
                stage: stage.rawValue, subject: refusal.subject + (place.map { " (\($0))" } ?? ""),
                reason: refusal.reason, cell: refusal.failed)
        }
        try attempt { () throws(WarehouseError) in try warehouse.record(failures: rows, of: stage.rawValue) }
    }
    return refusals.count
}

/// What people call a shard: its file's name in the runs that used it.
private func shardLabels(_ workspace: Workspace) throws(StageError) -> [String: String] {
    var labels: [String: String] = [:]
    for run in try attempt({ () throws(WorkspaceError) in try workspace.runDirectories() }) {
        let identity = try attempt { () throws(WorkspaceError) in try run.identity() }
        if let identity { labels[identity.shardDigest] = identity.shardName }
    }
    return labels
}
