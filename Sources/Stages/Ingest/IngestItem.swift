import Archive
import FoundationEssentials
import JSON
import Pipeline
import Records
import System

/// A checkpoint's place in an archive, as it is now, with what the store and the archive's rule say of it.
struct IngestItem: Sendable {
    let source: CheckpointSource
    let fingerprint: SourceFingerprint
    let rule: IngestRule
    /// What its training run is called.
    var series: String
    /// What the store says of the place, if its files are still what they were then.
    let known: SourceRecord?
    /// What the trainer saved beside the weights, as far as it can be read where it lies.
    let trainer: Result<TrainerState?, TrainerStateError>

    var path: String { source.location.path }
    var fingerprintDigest: String { sha256(Array(fingerprint.text.utf8)) }
    var byteCount: Int { fingerprint.files.reduce(0) { $0 + $1.byteCount } }

    /// What is said of the checkpoint; `trainer` is what was found where it was unpacked.
    func claims(_ trainer: TrainerState? = nil) -> TrainingClaims {
        TrainingClaims(
            source.place, series: series, trainer: trainer ?? (try? self.trainer.get()) ?? nil, rule: rule)
    }

    var facts: TrainingFacts { claims().facts }

    init(
        _ source: CheckpointSource, _ fingerprint: SourceFingerprint, _ request: IngestRequest,
        in workspace: Workspace?
    ) throws(StageError) {
        self.source = source
        self.fingerprint = fingerprint
        rule = request.rule
        series = source.place.series
        let digest = sha256(Array(fingerprint.text.utf8))
        let known = try workspace.flatMap { (workspace) throws(StageError) in
            try workspace.knownSource(source, fingerprint: digest, isCopied: request.rule.copy)
        }
        self.known = known
        if let known, known.traits != nil {
            trainer = .success(known.trainer)
        } else if source.form != .tar, source.companions.contains(TrainerState.fileName) {
            trainer = Result { () throws(TrainerStateError) in try TrainerState(of: source.location) }
        } else {
            trainer = .success(nil)
        }
    }

    func record(_ outcome: SourceRecord.Outcome) -> SourceRecord {
        var record = SourceRecord(
            path: path, form: source.form.rawValue, fingerprint: fingerprintDigest, facts: facts, outcome: outcome)
        record.byteCount = byteCount
        return record
    }
}

extension Workspace {
    /// What the store says of a place whose files look like this from outside; nil if that is nothing.
    ///
    /// `isCopied` says that a plain source's files should be in the store themselves.
    fileprivate func knownSource(
        _ place: CheckpointSource, fingerprint: String, isCopied: Bool
    ) throws(StageError) -> SourceRecord? {
        let path = place.location.path
        // A record that is damaged is made anew; one that cannot be read is not nothing.
        guard let bytes = try attempt({ () throws(SystemError) in try readFileIfThere(source(path: path)) }),
            let json = try? JSONValue(parsing: bytes), let record = SourceRecord(json),
            record.path == path, record.fingerprint == fingerprint
        else { return nil }
        guard let digest = record.digest else { return record }
        if isCopied, place.form == .directory, try exists(checkpoint(digest)), try refersToSource(digest) { return nil }
        return try settledCheckpointRecord(digest, in: self) == nil ? nil : record
    }
}
