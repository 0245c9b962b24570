import Archive
import Checkpoint
package import Compression
package import FoundationEssentials
package import Pipeline
import Records
import System

/// Compresses one checkpoint by one spec into a directory that does not exist yet.
///
/// `calibration` is for methods that look at activations, and for the errors of layers in `provenance.json`, whatever the
/// method; `memory` is the bytes that it may take for activations. `digest` says whether the provenance names the checkpoint by its digest.
package func quantize(
    checkpoint directory: URL, spec: Spec, calibration: CalibrationRequest? = nil, digest: Bool = false,
    memory: Int = 0, output: URL
) throws(StageError) -> ExitStatus {
    guard calibration != nil || !spec.needsCalibration else {
        throw .compression(.missingCalibration(method: spec.method.name))
    }
    let found = try attempt { () throws(SystemError) in try namesIfThere(in: output) }
    guard found.isEmpty else {
        throw .outputNotEmpty(path: output.path)
    }
    let checkpoint = try openNamed(directory)
    let text = try calibration.map { (request) throws(StageError) in
        (try request.windows(for: checkpoint, TokenStreams()), try request.identity(for: checkpoint))
    }
    var inputs = WatchedInputs()
    inputs.watch(checkpoint)
    if let calibration { try inputs.watch(calibration.text.shard) }
    let isNew = try !exists(output)
    try attempt { () throws(SystemError) in try makeDirectory(output) }
    let progress = Progress("quantize")
    let calibrated = spec.needsCalibration ? text.map { ($0.fitted, $1) } : nil
    // Turned weights are not those of the same channels.
    let compared = spec.options.rotation == nil ? text?.0.compared : nil
    do throws(StageError) {
        let factors = try compress(
            checkpoint, into: [CompressionTarget(spec, directory: output)],
            source: digest ? checkpoint.digest().description : nil, calibration: calibrated,
            memory: memory
        ) { progress.update(compared == nil ? $0 : $0 / 2, spec.name) }
        if let compared {
            if let (text, _) = text, let reservation = text.reservation { report("quantize: \(reservation)") }
            let errors = try layerErrors(of: [output], factors, from: checkpoint, on: compared, memory: memory) {
                progress.update(0.5 + $0 / 2, "errors of layers")
            }
            try note(errors[0], in: output)
        }
        try inputs.checkUnchanged()
    } catch {
        // All that is in it was made here. What cannot be removed now is no reason to hide why it was to be.
        try? removeContents(of: output, andItself: isNew)
        throw error
    }
    progress.finish("\(spec.name) in \(output.path)")
    return .success
}

private func removeContents(of directory: URL, andItself: Bool) throws(SystemError) {
    if andItself { return try removeTree(directory) }
    for name in try System.names(in: directory) { try removeTree(directory.appending(path: name)) }
}

/// The spec that command-line options spell.
package func spec(options: [(key: String, value: String)]) throws(StageError) -> Spec {
    try attempt { () throws(CompressionError) in try Spec(options: options) }
}

/// Makes the compressed checkpoints of a manifest's cells that the store does not hold.
///
/// Where `unmeasured` is true, only those whose evaluations are missing. `memory` is the bytes that calibration may take
/// for activations.
package func quantize(
    manifest: URL, workspace location: URL, cells selection: CellSelection, unmeasured: Bool = false, memory: Int
) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let lock = try hold(workspace.storeLock, .shared)
    defer { lock.release() }
    let resolved = try resolve(manifest: manifest, workspace: workspace).lock
    let cells = selection.take(resolved.cells)
    let contents = try StoreContents(workspace)
    let wanted = cells.filter { !contents.isCompressed($0) && !(unmeasured && contents.isEvaluated($0)) }
    let kept = Set(wanted.compactMap(\.compressed))
    let missing = cells.filter { cell in
        let isUnknown = resolved.needsDistortions && !contents.isDistortionKnown(of: cell)
        return isUnknown || cell.compressed.map(kept.contains) ?? false
    }
    let looksAtText = missing.contains { $0.calibration != nil || $0.distortion != nil }
    let inputs = looksAtText ? try resolved.checkCalibration() : WatchedInputs()
    let task = CellCompression(lock: resolved, workspace: workspace, memory: memory, inputs: inputs, kept: kept)
    let log = CellLog(.quantize, manifest: manifest, selection, in: workspace)
    let progress = Progress("quantize")
    var (done, bad) = (0, 0)
    for group in grouped(missing) {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        let (before, name) = (done, "\(group[0].checkpoint.digest.prefix(12))")
        let tell = { @Sendable (share: Double) in
            progress.update((Double(before) + share * Double(group.count)) / Double(missing.count), name)
        }
        let begun = Clock.seconds
        bad += try task.compress(group, progress: tell)
        try log.note(group, seconds: Clock.seconds - begun)
        done += group.count
    }
    let known = cells.count { contents.isCompressed($0) && $0.spec != nil }
    progress.finish("\(missing.count - bad) compressed, \(known) known" + (bad == 0 ? "" : ", \(bad) failed"))
    return bad == 0 ? .success : .badInput
}

/// Cells that one reading of a checkpoint serves, in their order.
func grouped(_ cells: [Cell]) -> [[Cell]] {
    var groups: [[Cell]] = []
    for cell in cells {
        if let last = groups.last?.last, last.checkpoint == cell.checkpoint, last.calibration == cell.calibration,
            last.spec?.targets == cell.spec?.targets
        {
            groups[groups.count - 1].append(cell)
        } else {
            groups.append([cell])
        }
    }
    return groups
}

/// Opens a checkpoint of the store, unpacked again where it had to make room.
func openCheckpoint(_ record: CheckpointRecord, in workspace: Workspace) throws(StageError) -> Checkpoint {
    try restoreIfEvicted(record, in: workspace)
    return try intactCheckpoint(record, in: workspace)
}

/// Opens a checkpoint of the store and makes sure that all that results depend on is still what it was when it was ingested:
/// tensors, configuration and tokenizer.
func intactCheckpoint(_ record: CheckpointRecord, in workspace: Workspace) throws(StageError) -> Checkpoint {
    let directory = workspace.checkpoint(record.digest)
    let checkpoint = try attempt { () throws(CheckpointError) in try Checkpoint(directory: directory) }
    for (what, expected, found) in [
        ("config.json", record.config, try configurationDigest(of: checkpoint)),
        ("tokenizer.json", record.tokenizer ?? "", try tokenizerDigest(of: checkpoint) ?? ""),
        ("its tensors", record.digest, try digest(of: checkpoint)),
    ] where found != expected {
        throw .changedSource(path: source(of: directory), what: what, expected: expected, found: found)
    }
    return checkpoint
}

/// What a checkpoint's directory links to, or itself where it links to nothing.
private func source(of directory: URL) -> String {
    let configuration = directory.appending(path: "config.json").resolvingSymlinksInPath()
    return configuration.deletingLastPathComponent().path
}
