import Archive
package import Compression
package import FoundationEssentials
import JSON
package import Pipeline
import Records
import System

/// An archive to look through, with what a person knows about it.
package struct IngestRequest: Sendable {
    package let archive: URL
    package let rule: IngestRule
    /// Only these steps; all if nil.
    package let steps: Set<Int>?

    package init(archive: URL, rule: IngestRule, steps: Set<Int>?) {
        self.archive = archive
        self.rule = rule
        self.steps = steps
    }

    /// The archives of a manifest.
    static func requests(_ manifest: Manifest) -> [IngestRequest] { requests(manifest.archives) }

    /// The archives of a manifest's or a lock's file.
    package static func requests(manifest file: URL) throws(StageError) -> [IngestRequest] {
        if let lock = try readLock(file) { return requests(lock.archives) }
        return requests(try attempt { () throws(ManifestError) in try Manifest(file: file) })
    }

    private static func requests(_ archives: [Manifest.Archive]) -> [IngestRequest] {
        archives.map { IngestRequest(archive: $0.path, rule: $0.rule, steps: $0.steps) }
    }
}

/// The compression that a command-line option declares models to be trained under.
package func nativeSpec(option text: String) throws(StageError) -> NativeSpec {
    try attempt { () throws(ManifestError) in try NativeSpec(option: text) }
}

/// A checkpoint's place in an archive, as it is now, with what the rule says of it.
struct IngestItem: Sendable {
    let source: CheckpointSource
    let fingerprint: SourceFingerprint
    let facts: TrainingFacts

    var path: String { source.location.path }
    var fingerprintDigest: String { sha256(Array(fingerprint.text.utf8)) }

    /// What the store says of this place, if its files are still what they were then.
    func known(in workspace: Workspace) throws(StageError) -> SourceRecord? {
        let file = workspace.source(path: path)
        // A record that is damaged is made anew; one that cannot be read is not nothing.
        guard let bytes = try attempt({ () throws(SystemError) in try readFileIfThere(file) }),
            let json = try? JSONValue(parsing: bytes), let record = SourceRecord(json),
            record.path == path, record.fingerprint == fingerprintDigest
        else { return nil }
        if let digest = record.digest, try !exists(workspace.checkpoint(digest)) { return nil }
        return record
    }

    func record(_ outcome: SourceRecord.Outcome) -> SourceRecord {
        SourceRecord(
            path: path, form: source.form.rawValue, fingerprint: fingerprintDigest, facts: facts, outcome: outcome)
    }
}

extension IngestRequest {
    /// The checkpoints that the archive holds now, and what looks like one and is none.
    func items() throws(StageError) -> (sources: [IngestItem], skipped: [SkippedPath]) {
        guard try exists(archive) else { throw .missing(path: archive.path, what: "it is an archive to look through") }
        let discovery = try attempt { () throws(ArchiveError) in try Discovery(root: archive) }
        let wanted = discovery.sources.filter { source in
            steps.map { steps in source.step.map(steps.contains) ?? false } ?? true
        }
        let items = try wanted.map { (source) throws(StageError) in
            IngestItem(
                source: source, fingerprint: try attempt { () throws(ArchiveError) in try source.fingerprint() },
                facts: TrainingFacts(source.place, rule: rule))
        }
        return (items, discovery.skipped)
    }
}
