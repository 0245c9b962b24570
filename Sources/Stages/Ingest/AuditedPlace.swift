import Archive
import Checkpoint
import Compression
import FoundationEssentials
import LanguageModel
import Pipeline
import Records
import System

/// A place in an archive as the audit looks at it.
struct AuditedPlace: Sendable {
    let path: String
    /// The path below its archive, or repository and revision.
    let name: String
    let form: String
    let byteCount: Int
    let rule: IngestRule
    let claims: TrainingClaims
    /// What the store says of it.
    let record: SourceRecord?
    /// What places with the same weights have in common: the digest, or that of a sample of the files.
    let identity: String?
    let traits: WeightTraits?
    let architecture: String?
    let size: ModelSize?
    /// Why it holds nothing that could be measured.
    let problem: String?
    /// What was found where it was read.
    let findings: [Finding]

    var facts: TrainingFacts { claims.facts }

    /// A place that ingest has looked at.
    init(_ item: IngestItem, _ outcome: IngestOutcome, in workspace: Workspace) throws(StageError) {
        let record = outcome.record
        let checkpoint = try record?.digest.map { (digest) throws(StageError) in
            try checkpointRecord(digest, in: workspace)
        }
        self.init(
            item, claims: item.claims(record?.trainer), record: record, identity: record?.digest,
            traits: record?.traits, checkpoint, problem: outcome.problem,
            findings: (record?.findings ?? []).filter { $0.kind == .unreadTrainerState })
    }

    /// A place that has not been read; of a directory the headers tell what is in it.
    init(unread item: IngestItem, in workspace: Workspace?) throws(StageError) {
        var findings: [Finding] = []
        if case .failure(let error) = item.trainer { findings = [Finding(.unreadTrainerState, error.description)] }
        var (checkpoint, sample, problem): (CheckpointRecord?, [Float], String?) = (nil, [], nil)
        if case .rejected(let reason)? = item.known?.outcome {
            problem = reason
        } else if item.source.form.isUsedInPlace {
            do throws(StageError) {
                let opened = try attempt { () throws(CheckpointError) in
                    try Checkpoint(directory: item.source.location)
                }
                checkpoint = try CheckpointRecord(opened, digest: "")
                sample = WeightTraits.sample(of: opened)
            } catch  where error.exitStatus == .badInput {
                problem = error.description
            }
        }
        let files = try attempt { () throws(ArchiveError) in try item.source.sampledDigests() }
        let parts = files.count > 1 ? files.map { String($0.prefix(WeightTraits.digitCount)) } : []
        self.init(
            item, claims: item.claims(), record: item.known, identity: files.joined(separator: " "),
            traits: WeightTraits(parts: parts, sample: sample), checkpoint, problem: problem, findings: findings)
    }

    private init(
        _ item: IngestItem, claims: TrainingClaims, record: SourceRecord?, identity: String?, traits: WeightTraits?,
        _ checkpoint: CheckpointRecord?, problem: String?, findings: [Finding]
    ) {
        (path, name, form) = (item.path, item.source.name, item.source.form.rawValue)
        (byteCount, rule, self.claims, self.record) = (item.byteCount, item.rule, claims, record)
        (self.identity, self.traits, self.problem, self.findings) = (identity, traits, problem, findings)
        (architecture, size) = (checkpoint?.architecture, checkpoint?.size)
    }
}
