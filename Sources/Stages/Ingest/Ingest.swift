import Archive
import Checkpoint
package import FoundationEssentials
import JSON
package import Pipeline
import Records
import System

/// Takes the checkpoints of archives into the workspace; one that is there already is not read again.
///
/// - Returns: success, or `badInput` if something was no usable checkpoint; each is named on standard error.
///
/// `disk` is what the workspace may hold; weights that were unpacked earlier make room then.
package func ingest(
    _ requests: [IngestRequest], into location: URL, disk: ByteSize? = nil
) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(creating: location) }
    let room = disk.map { DiskRoom(workspace: workspace, budget: $0.bytes) }
    let lock = try hold(workspace.ingestLock)
    defer { lock.release() }
    var tally = IngestTally()
    let progress = Progress("ingest")
    for request in requests {
        let items: [IngestItem]
        do throws(StageError) {
            let found = try request.items()
            items = found.sources
            for path in found.skipped { tally.skip(path, of: request.archive) }
        } catch  where requests.count > 1 {
            tally.miss(error)
            continue
        }
        for (index, item) in items.enumerated() {
            try attempt { () throws(WorkspaceError) in try Interruption.check() }
            progress.update(
                Double(index) / Double(items.count), "\(request.archive.lastPathComponent)/\(item.source.name)")
            tally.count(try ingest(item, into: workspace, room), of: item)
        }
    }
    progress.finish(tally.summary)
    return tally.bad == 0 ? .success : .badInput
}

/// How ingesting one place ended.
private enum IngestOutcome {
    case added
    case known
    case rejected(String)
    case leftForNextTime(String)
}

/// What came of the places of all archives.
private struct IngestTally {
    var added = 0
    var known = 0
    var waiting = 0
    var bad = 0

    mutating func count(_ outcome: IngestOutcome, of item: IngestItem) {
        switch outcome {
        case .added: added += 1
        case .known: known += 1
        case .rejected(let reason):
            bad += 1
            report("ingest: bad checkpoint '\(item.path)': \(reason)")
        case .leftForNextTime(let reason):
            waiting += 1
            report("ingest: left '\(item.path)' for the next time: \(reason)")
        }
    }

    mutating func skip(_ path: SkippedPath, of archive: URL) {
        if path.isFault {
            bad += 1
        } else if case .beingWritten = path.reason {
            waiting += 1
        }
        report("ingest: skipped '\(archive.appending(path: path.name).path)': \(path.reason)")
    }

    /// One archive of several cannot be looked through; the others can.
    mutating func miss(_ error: StageError) {
        bad += 1
        report("ingest: \(error)")
    }

    var summary: String {
        var words = ["\(added) checkpoints added, \(known) known"]
        if waiting > 0 { words.append("\(waiting) left for the next time") }
        if bad > 0 { words.append("\(bad) bad") }
        return added + waiting + bad == 0 ? "nothing new, \(known) checkpoints known" : words.joined(separator: ", ")
    }
}

private func ingest(
    _ item: IngestItem, into workspace: Workspace, _ room: DiskRoom?
) throws(StageError) -> IngestOutcome {
    if let known = try item.known(in: workspace) {
        if known.facts != item.facts { try write(item.record(known.outcome), to: workspace) }
        switch known.outcome {
        case .checkpoint: return .known
        case .rejected(let reason): return .rejected(reason)
        }
    }
    let settling = Settling()
    if let file = settling.writtenFile(of: item.source) { return .leftForNextTime("'\(file)' is open for writing") }
    try room?.make(item.source.unpackedByteCount() + DiskNeed.slack)
    let store = try hold(workspace.storeLock, .shared)
    defer { store.release() }
    do throws(StageError) {
        let (digest, isNew) = try CheckpointIntake(item.source, workspace).run()
        if let reason = settling.reasonToWait(for: item.source, since: item.fingerprint, endedEarly: false) {
            return .leftForNextTime(reason)
        }
        try write(item.record(.checkpoint(digest: digest)), to: workspace)
        return isNew ? .added : .known
    } catch  where error.exitStatus == .badInput {
        let reason = settling.reasonToWait(for: item.source, since: item.fingerprint, endedEarly: error.endedEarly)
        if let reason { return .leftForNextTime(reason) }
        guard !error.isUnreadable else { return .rejected(error.description) }
        try write(item.record(.rejected(reason: error.description)), to: workspace)
        return .rejected(error.description)
    }
}

private func write(_ record: SourceRecord, to workspace: Workspace) throws(StageError) {
    try attempt { () throws(SystemError) in
        try replaceFile(Array(record.json.prettyText.utf8), at: workspace.source(path: record.path))
    }
}

extension StageError {
    /// Whether a file could not be read at all, which may be mended without the file changing.
    fileprivate var isUnreadable: Bool {
        switch self {
        case .archive(.system), .archive(.outOfMemory), .checkpoint(.system): true
        default: false
        }
    }

    /// Whether the data simply ends too early, as it does while somebody is still writing it.
    fileprivate var endedEarly: Bool {
        switch self {
        case .archive(let error): error.endedEarly
        case .checkpoint(let error): error.endedEarly
        default: false
        }
    }
}
