package import FoundationEssentials
import Pipeline
import Records
import System

/// Frees disk space: what crashes left in `tmp/`, and compressed checkpoints that no run asks for.
///
/// Compressed checkpoints are the bulk of a workspace and can be made again from their spec; nothing measured goes.
/// Where `measured` is true those go as well whose evaluations are all there; a later run makes them again.
package func collect(workspace location: URL, measured: Bool, dryRun: Bool) throws(StageError) -> String {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let lock = try hold(workspace.storeLock)
    defer { lock.release() }
    let needed = try neededCompressed(in: workspace, evenIfMeasured: !measured)
    let leftovers = try workspace.leftovers()
    let unneeded = try names(in: workspace.compressed).filter { !needed.contains($0) }
        .map { workspace.compressed.appending(path: $0) }
    var bytes = 0
    for place in leftovers + unneeded {
        try attempt { () throws(SystemError) in
            bytes += try byteCount(place)
            if !dryRun { try removeTree(place) }
        }
    }
    let verb = dryRun ? "would free" : "freed"
    return
        "\(verb) \(bytesText(bytes)): \(unneeded.count) compressed checkpoints, \(leftovers.count) leftovers in tmp/\n"
}

/// The compressed checkpoints that some run asks for, or still has to evaluate.
func neededCompressed(in workspace: Workspace, evenIfMeasured: Bool) throws(StageError) -> Set<String> {
    var needed: Set<String> = []
    for run in try attempt({ () throws(WorkspaceError) in try workspace.runDirectories() }) {
        let lock = try attempt { () throws(ManifestError) in try Lock(file: run.lock) }
        for cell in lock.cells {
            if !evenIfMeasured, try exists(workspace.evaluation(cell.evaluation)) { continue }
            if let compressed = cell.compressed { needed.insert(compressed.text) }
        }
    }
    return needed
}
