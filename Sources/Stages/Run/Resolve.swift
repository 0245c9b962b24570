import Archive
import Compression
package import FoundationEssentials
import JSON
package import Pipeline
package import Records
import System

/// A manifest resolved against what has been ingested.
package struct Resolution: Sendable {
    package let lock: Lock
    /// Places of its archives that hold no usable checkpoint, each with the reason.
    package let problems: [Problem]
    /// What is wrong or doubtful about the places of its checkpoints.
    package let findings: [PlacedFinding]

    package struct Problem: Sendable, Equatable {
        package let path: String
        package let reason: String
    }
}

/// Resolves a manifest to digests by what the store knows of its archives; a lock is read as it is.
package func resolve(manifest file: URL, workspace: Workspace) throws(StageError) -> Resolution {
    if let lock = try readLock(file) { return Resolution(lock: lock, problems: [], findings: []) }
    let manifest = try attempt { () throws(ManifestError) in try Manifest(file: file) }
    var entries: [Lock.Entry] = []
    var problems: [Resolution.Problem] = []
    var findings: [PlacedFinding] = []
    let found = try ArchiveSearch(IngestRequest.requests(manifest), in: workspace)
    if let error = found.unreachable.first { throw error }
    problems += found.skipped.compactMap { archive, path in
        guard case .unreadable = path.reason else { return nil }
        return .init(path: archive.appending(path: path.name).path, reason: "\(path.reason)")
    }
    for item in found.items {
        guard let known = item.known else {
            problems.append(.init(path: item.path, reason: "not ingested yet"))
            continue
        }
        switch known.outcome {
        case .rejected(let reason): problems.append(.init(path: item.path, reason: reason))
        case .checkpoint(let digest):
            let record = try checkpointRecord(digest, in: workspace)
            findings += known.findings.map { PlacedFinding(path: item.path, checkpoint: digest, finding: $0) }
            entries.append(Lock.Entry(record: record, facts: item.facts, path: item.path))
        }
    }
    guard !entries.isEmpty else {
        throw .nothingToMeasure(archives: manifest.archives.map(\.path.path), reasons: reasons(problems))
    }
    let lock = Lock(
        manifest: manifest, shard: try input(manifest.evaluation.shard, what: "the held-out shard of the manifest"),
        tokenizer: try manifest.evaluation.tokenizer.map { (path) throws(StageError) in
            try input(path, what: "the tokenizer of the manifest")
        },
        calibration: try manifest.calibration.map { (calibration) throws(StageError) in
            let shard = try input(calibration.shard, what: "the calibration shard of the manifest")
            return Lock.Calibration(calibration, sha256: shard.sha256)
        },
        checkpoints: entries)
    return Resolution(lock: lock, problems: problems, findings: findings)
}

/// Each reason once, with the places that it is of.
private func reasons(_ problems: [Resolution.Problem]) -> [String] {
    var places: [String: Int] = [:]
    for problem in problems { places[problem.reason, default: 0] += 1 }
    return places.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { reason, count in
        "\(count) \(count == 1 ? "place" : "places") \(reason)"
    }
}

/// The lock in a file, if it is one.
func readLock(_ file: URL) throws(StageError) -> Lock? {
    try attempt { () throws(ManifestError) in try Lock(ifLock: file) }
}

/// What the store says of a checkpoint.
func checkpointRecord(_ digest: String, in workspace: Workspace) throws(StageError) -> CheckpointRecord {
    let file = workspace.checkpoint(digest).appending(path: CheckpointSource.recordName)
    let json = try readJSON(file)
    guard let record = CheckpointRecord(json), record.digest == digest else {
        throw .workspace(.corrupt(path: file.path, reason: "not the record of checkpoint \(digest)"))
    }
    return record
}

/// What the store says of a checkpoint; nil where it says nothing, or nothing that makes sense any more.
func wholeCheckpointRecord(_ digest: String, in workspace: Workspace) throws(StageError) -> CheckpointRecord? {
    do throws(StageError) { return try checkpointRecord(digest, in: workspace) } catch {
        if case .workspace(.corrupt) = error { return nil }
        if error.system?.isMissing == true { return nil }
        throw error
    }
}

/// The same, looked for again where it is not there and another process may be putting weights back: their directory is away
/// for a moment then.
func settledCheckpointRecord(_ digest: String, in workspace: Workspace) throws(StageError) -> CheckpointRecord? {
    if let record = try wholeCheckpointRecord(digest, in: workspace) { return record }
    let lock = try waitToHold(workspace.restoreLock)
    defer { lock.release() }
    return try wholeCheckpointRecord(digest, in: workspace)
}

/// A JSON file of the store.
func readJSON(_ file: URL) throws(StageError) -> JSONValue {
    let bytes = try attempt { () throws(SystemError) in try readFile(file) }
    do throws(JSONError) { return try JSONValue(parsing: bytes) } catch {
        throw .workspace(.corrupt(path: file.path, reason: error.description))
    }
}

private func input(_ file: URL, what: String) throws(StageError) -> Lock.Input {
    Lock.Input(path: file.path, sha256: try fileDigest(file, what: "it is \(what)"))
}

/// SHA-256 of an input that somebody named.
func fileDigest(_ file: URL, what: String) throws(StageError) -> String {
    guard try exists(file) else { throw .missing(path: file.path, what: what) }
    return try attempt { () throws(ArchiveError) in try sha256(ofFile: file) }
}
