import Archive
import FoundationEssentials
import Pipeline
import Records
import System

/// Unpacks a checkpoint's weights again if they had to make room; of several processes that need them, one does.
func restoreIfEvicted(_ record: CheckpointRecord, in workspace: Workspace) throws(StageError) {
    let mark = workspace.evictionMark(of: record.digest)
    // While another process puts it back, its directory is not there for a moment.
    let (isEvicted, isThere) = (try exists(mark), try exists(workspace.checkpoint(record.digest)))
    guard isEvicted || !isThere else { return }
    let lock = try waitToHold(workspace.restoreLock)
    defer { lock.release() }
    guard try exists(mark) else { return }
    var sources: [String] = []
    for known in try sourceRecords(in: workspace) where known.digest == record.digest {
        sources.append(known.path)
        let place = URL(filePath: known.path)
        guard try exists(place) else { continue }
        let discovery = try attempt { () throws(ArchiveError) in try Discovery(root: place) }
        for source in discovery.sources where source.location.path == known.path {
            // What was in the store itself is there again, whatever the source's form.
            if try CheckpointIntake(source, workspace, copies: true).run().digest == record.digest { return }
        }
    }
    throw .sourceGone(checkpoint: record.digest, sources: sources.sorted())
}
