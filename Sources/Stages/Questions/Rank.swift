package import FoundationEssentials
import JSON
package import Pipeline
import Records
import ScalingLaws
import System

/// Orders all lines of a manifest by the damage that distortion and probes foretell, before anything is evaluated.
///
/// What is measured for that stays in the store, and a run of the manifest finds it there. Status 65 says that some cell
/// or checkpoint has none; each was named.
///
/// `openLines` is where a lock is written of the lines that this leaves open: a run of it evaluates no others.
package func rank(
    manifest: URL, workspace location: URL, memory: Int, openLines: URL? = nil, asJSON: Bool
) throws(StageError) -> (text: String, status: ExitStatus) {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(creating: location) }
    var stages = StageSequence(StageRunner(pipeline: .local), workspace)
    try stages.perform(.ingest, on: manifest)
    let storeLock = try hold(workspace.storeLock, .shared)
    defer { storeLock.release() }
    let lock = try resolve(manifest: manifest, workspace: workspace).lock.withDistortions()
    guard lock.calibration != nil else {
        throw .laws(.noAnswer("nothing to rank by: the manifest has no calibration text"))
    }
    try measureDistortions(of: lock, in: workspace, memory: memory, try lock.checkInputs())
    let ranking = try SpecRanking(lock, in: workspace, try .measured(in: workspace))
    if let openLines {
        let open = lock.with(specs: lock.specs.filter { !ranking.isDecided($0) })
        try attempt { () throws(SystemError) in try writeResult(Array(open.json.yamlText.utf8), to: openLines) }
    }
    return (asJSON ? ranking.json.prettyText : ranking.text, ranking.isWhole ? stages.worst : .badInput)
}

/// Makes the errors of layers and the probes that a lock's cells lack.
private func measureDistortions(of lock: Lock, in workspace: Workspace, memory: Int, _ inputs: WatchedInputs)
    throws(StageError)
{
    let contents = try StoreContents(workspace)
    let cells = lock.cells
    let unknown = cells.filter { !contents.isDistortionKnown(of: $0) }
    let progress = Progress("rank")
    let compression = CellCompression(lock: lock, workspace: workspace, memory: memory, inputs: inputs, kept: [])
    var done = 0
    for group in grouped(unknown) {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        progress.update(Double(done) / Double(unknown.count) / 2, "layers of \(group[0].checkpoint.digest.prefix(12))")
        _ = try compression.compress(group) { _ in }
        done += group.count
    }
    let unprobed = cells.filter { !contents.isProbed($0) }
    let probes = CheckpointProbes(lock: lock, workspace: workspace, memory: memory, inputs: inputs)
    for (index, cell) in unprobed.enumerated() {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        progress.update(
            0.5 + Double(index) / Double(2 * unprobed.count), "probe of \(cell.checkpoint.digest.prefix(12))")
        _ = try probes.probe(cell) { _ in }
    }
    progress.finish("errors of layers of \(unknown.count) cells and \(unprobed.count) probes measured, none evaluated")
}
