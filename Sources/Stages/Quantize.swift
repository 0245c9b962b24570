import Checkpoint
package import Compression
package import FoundationEssentials
package import Pipeline

/// Compresses one checkpoint by one spec into a directory that does not exist yet.
package func quantize(checkpoint directory: URL, spec: Spec, output: URL) throws(StageError) -> ExitStatus {
    guard names(in: output).isEmpty else {
        throw .outputNotEmpty(path: output.path)
    }
    let checkpoint = try attempt { () throws(CheckpointError) in try Checkpoint(directory: directory) }
    try attempt { () throws(WorkspaceError) in try makeDirectory(output) }
    let progress = Progress("quantize")
    let provenance = Provenance(source: checkpoint.digest().description, version: String(Stage.quantize.version))
    try attempt { () throws(CompressionError) in
        try compress(checkpoint, into: [CompressionTarget(spec, directory: output)], provenance: provenance) {
            progress.update(Double($0) / Double($1), "layer \($0) of \($1)")
        }
    }
    progress.finish("\(spec.name) in \(output.path)")
    return .success
}

/// The spec that command-line options spell.
package func spec(method: String, bits: Int, group: String, asymmetric: Bool) throws(StageError) -> Spec {
    try attempt { () throws(CompressionError) in
        try Spec(method: method, bits: bits, group: group, asymmetric: asymmetric)
    }
}

/// Makes the compressed checkpoints of a manifest's cells that the store does not hold.
package func quantize(
    manifest: URL, workspace location: URL, cells selection: CellSelection
) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let lock = try hold(workspace.storeLock, .shared)
    defer { lock.release() }
    let cells = selection.take(try resolve(manifest: manifest, workspace: workspace).lock.cells)
    let missing = cells.filter { cell in cell.compressed.map { !exists(workspace.compressed($0)) } ?? false }
    let progress = Progress("quantize")
    var bad = 0
    for (index, group) in grouped(missing).enumerated() {
        try attempt { () throws(WorkspaceError) in try Interruption.current.check() }
        progress.update(Double(index) / Double(missing.count), "\(group[0].checkpoint.digest.prefix(12))")
        do throws(StageError) { try quantize(group, in: workspace) } catch  where error.exitStatus == .badInput {
            report("quantize: checkpoint \(group[0].checkpoint.digest.prefix(12)): \(error)")
            bad += group.count
        }
    }
    let known = cells.filter { $0.spec != nil }.count - missing.count
    progress.finish("\(missing.count - bad) compressed, \(known) known" + (bad == 0 ? "" : ", \(bad) failed"))
    return bad == 0 ? .success : .badInput
}

/// Cells that one reading of a checkpoint serves, in their order.
private func grouped(_ cells: [Cell]) -> [[Cell]] {
    var groups: [[Cell]] = []
    for cell in cells {
        if let last = groups.last?.last, last.checkpoint == cell.checkpoint, last.spec?.targets == cell.spec?.targets {
            groups[groups.count - 1].append(cell)
        } else {
            groups.append([cell])
        }
    }
    return groups
}

/// Compresses one checkpoint by all specs of its cells and publishes each result.
private func quantize(_ cells: [Cell], in workspace: Workspace) throws(StageError) {
    let record = cells[0].checkpoint
    let checkpoint = try openCheckpoint(record, in: workspace)
    let drafts = cells.map { _ in workspace.temporary.appending(path: UUID().uuidString, directoryHint: .isDirectory) }
    defer { for draft in drafts { try? FileManager.default.removeItem(at: draft) } }
    var targets: [CompressionTarget] = []
    for (cell, draft) in zip(cells, drafts) {
        guard let spec = cell.spec else { continue }
        try attempt { () throws(WorkspaceError) in try makeDirectory(draft) }
        targets.append(CompressionTarget(spec, directory: draft))
    }
    try attempt { () throws(CompressionError) in
        try compress(
            checkpoint, into: targets,
            provenance: Provenance(source: record.digest, version: String(Stage.quantize.version)))
    }
    for (cell, draft) in zip(cells, drafts) {
        guard let key = cell.compressed else { continue }
        try Checksums.write(in: draft)
        try attempt { () throws(WorkspaceError) in try workspace.move(draft, to: workspace.compressed(key)) }
    }
}

/// Opens a checkpoint of the store and makes sure that its tensors are still what they were when it was ingested.
func openCheckpoint(_ record: CheckpointRecord, in workspace: Workspace) throws(StageError) -> Checkpoint {
    let directory = workspace.checkpoint(record.digest)
    let checkpoint = try attempt { () throws(CheckpointError) in try Checkpoint(directory: directory) }
    let found = digest(of: checkpoint)
    guard found == record.digest else {
        throw .workspace(
            .corrupt(path: directory.path, reason: "its tensors' SHA-256 is \(found.prefix(12))…: the source changed"))
    }
    return checkpoint
}
