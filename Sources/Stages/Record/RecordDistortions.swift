import Compression
import FoundationEssentials
import JSON
import Pipeline
import Records
import System
import Warehouse

/// Puts errors of layers and probes into the warehouse; returns how many are damaged, each of which is named.
func recordDistortions(
    into warehouse: Warehouse, _ labels: [String: String], _ workspace: Workspace
) throws(StageError) -> Int {
    let (distortions, probes) = try attempt { () throws(WarehouseError) in
        (try warehouse.reader.distortionKeys(), try warehouse.reader.probeKeys())
    }
    let badDistortions = try newArtifacts(in: workspace.distortions, distortions, workspace) {
        (json) throws(StageError) in
        // Once a mean stood beside the layers, of another kind.
        if json.object?["distortion"] != nil { return true }
        guard let record = DistortionRecord(json), record.version == Stage.quantize.version else { return false }
        try attempt { () throws(WarehouseError) in _ = try warehouse.record(record) }
        return true
    }
    let badProbes = try newArtifacts(in: workspace.probes, probes, workspace) { (json) throws(StageError) in
        // Once one number stood for all sublayers.
        if json.object?["trials"]?.array?.first?.object?["distortion"] != nil { return true }
        guard let record = ProbeRecord(json), record.version == Stage.evaluate.version else { return false }
        let label = labels[record.scoring.shard.digest]
        try attempt { () throws(WarehouseError) in _ = try warehouse.record(record, shardName: label) }
        return true
    }
    return badDistortions + badProbes
}

/// Lends the documents of a folder whose keys do not stand recorded, and hears whether each could be used.
///
/// Returns how many are damaged. What is no JSON any more goes away, so that the next run makes it again.
private func newArtifacts(
    in folder: URL, _ recorded: Set<String>, _ workspace: Workspace,
    _ record: (JSONValue) throws(StageError) -> Bool
) throws(StageError) -> Int {
    var bad = 0
    for name in try namesIfPresent(in: folder)
    where name.hasSuffix(".json") && !name.hasPrefix(".") && !recorded.contains(String(name.dropLast(".json".count))) {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        let file = folder.appending(path: name)
        do throws(StageError) {
            guard try record(try readJSON(file)) else {
                throw .workspace(.corrupt(path: file.path, reason: "not what this version of qid writes there"))
            }
        } catch  where error.exitStatus == .badInput {
            report("record: \(error)")
            bad += 1
            try discardIfDamaged(file, in: workspace)
        }
    }
    return bad
}
