import Archive
import Checkpoint
package import FoundationEssentials
import JSON
package import Pipeline
import Records
import System

/// Takes the checkpoints of archives into the workspace; one that is there already is not read again.
///
/// - Returns: success, or `badInput` if something was no usable checkpoint or is not what it seems; each is named on
///   standard error, and `output` says in which form all that was found is printed.
///
/// `disk` is what the workspace may hold; weights that were unpacked earlier make room then.
package func ingest(
    _ requests: [IngestRequest], into location: URL, disk: ByteSize? = nil, output: AuditOutput
) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(creating: location) }
    let room = disk.map { DiskRoom(workspace: workspace, budget: $0.bytes) }
    let lock = try hold(workspace.ingestLock)
    defer { lock.release() }
    let search = try ArchiveSearch(requests, in: workspace)
    var tally = IngestTally()
    var places: [AuditedPlace] = []
    let progress = Progress("ingest")
    for (index, item) in search.items.enumerated() {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        progress.update(Double(index) / Double(search.items.count), item.source.name)
        let outcome = try ingest(item, into: workspace, room)
        tally.count(outcome, of: item)
        places.append(try AuditedPlace(item, outcome, in: workspace))
    }
    for error in search.unreachable { tally.miss(error) }
    for (archive, path) in search.skipped { tally.skip(path, of: archive) }
    let audit = Audit(places)
    for (place, findings) in zip(audit.places, audit.findings) where place.record?.findings ?? [] != findings {
        guard var record = place.record else { continue }
        record.findings = findings
        try write(record, to: workspace)
    }
    audit.report()
    output.print(audit, skipped: search.skipped)
    progress.finish(tally.summary)
    return tally.bad == 0 && !audit.hasFaults ? .success : .badInput
}

/// Says what archives hold without writing anything; weights are compared by samples of their files.
package func auditOnly(
    _ requests: [IngestRequest], workspace location: URL, output: AuditOutput
) throws(StageError) -> ExitStatus {
    let isThere = try exists(location)
    let workspace = isThere ? try? Workspace(existing: location) : nil
    let search = try ArchiveSearch(requests, in: workspace)
    var tally = IngestTally()
    for error in search.unreachable { tally.miss(error) }
    for (archive, path) in search.skipped { tally.skip(path, of: archive) }
    var places: [AuditedPlace] = []
    let progress = Progress("ingest")
    for (index, item) in search.items.enumerated() {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        progress.update(Double(index) / Double(search.items.count), item.source.name)
        let place = try AuditedPlace(unread: item, in: workspace)
        if let problem = place.problem { tally.count(.rejected(problem, item.record(.rejected(reason: ""))), of: item) }
        places.append(place)
    }
    let audit = Audit(places, leastSharedParts: 1)
    audit.report()
    let packed = audit.places.count { $0.size == nil && $0.problem == nil }
    if packed > 0 {
        report(
            "ingest: note on \(packed) of \(audit.places.count) places: they are packed, so their N is not known and their "
                + "weights are not compared before 'qid ingest' unpacks them")
    }
    output.print(audit, skipped: search.skipped)
    return tally.bad == 0 && !audit.hasFaults ? .success : .badInput
}

/// How ingesting one place ended.
enum IngestOutcome {
    case added(SourceRecord)
    case known(SourceRecord)
    case rejected(String, SourceRecord?)
    case leftForNextTime(String)

    /// What the store says of the place now.
    var record: SourceRecord? {
        switch self {
        case .added(let record), .known(let record): record
        case .rejected(_, let record): record
        case .leftForNextTime: nil
        }
    }

    /// Why the place holds nothing that could be measured.
    var problem: String? {
        switch self {
        case .added, .known: nil
        case .rejected(let reason, _), .leftForNextTime(let reason): reason
        }
    }
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
        case .rejected(let reason, _):
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
    if var known = item.known {
        if known.facts != item.facts {
            known.facts = item.facts
            try write(known, to: workspace)
        }
        if case .rejected(let reason) = known.outcome { return .rejected(reason, known) }
        return .known(known)
    }
    let settling = Settling()
    if let file = settling.writtenFile(of: item.source) { return .leftForNextTime("'\(file)' is open for writing") }
    let isCopied = item.rule.copy && item.source.form == .directory
    try room?.make((isCopied ? item.byteCount : item.source.unpackedByteCount()) + DiskNeed.slack)
    let store = try hold(workspace.storeLock, .shared)
    defer { store.release() }
    do throws(StageError) {
        let result = try CheckpointIntake(item.source, workspace, copies: item.rule.copy).run { () throws(StageError) in
            try attempt { () throws(ArchiveError) in
                try settling.reasonToWait(for: item.source, since: item.fingerprint, endedEarly: false)
            }
        }
        var record = item.record(.checkpoint(digest: result.digest))
        record.facts = item.claims(result.trainer).facts
        (record.trainer, record.traits) = (result.trainer, result.traits)
        if let unread = result.unreadTrainer { record.findings = [Finding(.unreadTrainerState, unread.description)] }
        try write(record, to: workspace)
        return result.isNew ? .added(record) : .known(record)
    } catch  where error.exitStatus == .badInput {
        if case .unsettled(_, let reason) = error { return .leftForNextTime(reason) }
        // Only what the source is stays true tomorrow.
        let isOfToday: Bool
        do throws(ArchiveError) {
            let reason = try settling.reasonToWait(
                for: item.source, since: item.fingerprint, endedEarly: error.endedEarly)
            if let reason { return .leftForNextTime(reason) }
            isOfToday = error.isOfToday
        } catch { isOfToday = true }
        guard !isOfToday else { return .rejected(error.description, nil) }
        let record = item.record(.rejected(reason: error.description))
        try write(record, to: workspace)
        return .rejected(error.description, record)
    }
}

private func write(_ record: SourceRecord, to workspace: Workspace) throws(StageError) {
    try attempt { () throws(WorkspaceError) in
        try workspace.replace(Array(record.json.prettyText.utf8), at: workspace.source(path: record.path))
    }
}

extension StageError {
    /// Whether the data simply ends too early, as it does while somebody is still writing it.
    fileprivate var endedEarly: Bool {
        switch self {
        case .archive(let error): error.endedEarly
        case .checkpoint(let error): error.endedEarly
        default: false
        }
    }
}
