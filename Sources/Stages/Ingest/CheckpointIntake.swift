import Archive
import Checkpoint
import Compression
import FoundationEssentials
import JSON
import LanguageModel
import Pipeline
import Records
import System

/// Brings one source into the store: unpacked or referenced, validated, hashed, described.
struct CheckpointIntake {
    private let source: CheckpointSource
    private let workspace: Workspace

    init(_ source: CheckpointSource, _ workspace: Workspace) {
        self.source = source
        self.workspace = workspace
    }

    /// What came of it.
    struct Result {
        let digest: String
        /// Whether the store did not hold the checkpoint before; it does then.
        let isNew: Bool
        let traits: WeightTraits
        let trainer: TrainerState?
        /// Why what the trainer saved cannot be read.
        let unreadTrainer: TrainerStateError?
    }

    func run() throws(StageError) -> Result {
        let draft = workspace.temporary.appending(path: UUID().uuidString, directoryHint: .isDirectory)
        defer { try? removeTree(draft) }
        try attempt { () throws(SystemError) in try makeDirectory(draft) }
        let known = source.form.isUsedInPlace ? try reference(in: draft) : try unpack(into: draft)
        // A plain source is opened where it is, so that messages name its files and not our links to them.
        let opened = source.form.isUsedInPlace ? source.location : draft
        let checkpoint = try openNamed(opened)
        let tensors = known ?? digests(of: checkpoint)
        let record = try CheckpointRecord(checkpoint, digest: CheckpointDigest(tensors).description)
        let isNew = try !exists(workspace.checkpoint(record.digest))
        var (trainer, unread): (TrainerState?, TrainerStateError?)
        do throws(TrainerStateError) { trainer = try TrainerState(of: opened) } catch { unread = error }
        let traits = WeightTraits(checkpoint, tensors)
        try publish(record, draft)
        return Result(
            digest: record.digest, isNew: isNew, traits: traits, trainer: trainer, unreadTrainer: unread)
    }

    /// A plain directory stays where it is: the store's directory links to its files.
    private func reference(in draft: URL) throws(StageError) -> [TensorDigest]? {
        try attempt { () throws(ArchiveError) in try source.checkBlobs() }
        for file in source.files {
            try attempt { () throws(SystemError) in
                try makeLink(draft.appending(path: file.lastPathComponent), to: file)
            }
        }
        return nil
    }

    /// Writes a compressed source's files; those of safetensors are validated and hashed on their way, others afterwards.
    private func unpack(into draft: URL) throws(StageError) -> [TensorDigest]? {
        var digesters: [String: SafetensorsDigester] = [:]
        var fault: CheckpointError?
        let unpacked: UnpackedFiles
        do throws(ArchiveError) {
            unpacked = try source.unpack(into: draft) { file, bytes in
                do throws(CheckpointError) {
                    try digesters[file, default: SafetensorsDigester(file: "\(source.location.path)/\(file)")]
                        .update(bytes)
                    return true
                } catch {
                    fault = error
                    return false
                }
            }
        } catch {
            if let fault { throw .checkpoint(fault) }
            throw .archive(error)
        }
        var tensors: [TensorDigest] = []
        for file in unpacked.weights {
            guard var digester = digesters.removeValue(forKey: file) else { return nil }
            tensors += try attempt { () throws(CheckpointError) in try digester.finish() }.tensors
        }
        return tensors
    }

    private func publish(_ record: CheckpointRecord, _ draft: URL) throws(StageError) {
        let place = workspace.checkpoint(record.digest)
        try attempt { () throws(SystemError) in
            try writeFile(Array(record.json.prettyText.utf8), to: draft.appending(path: CheckpointSource.recordName))
        }
        guard try exists(place) else {
            return try attempt { () throws(WorkspaceError) in try workspace.publish(directory: draft, at: place) }
        }
        let known = try checkpointRecord(record.digest, in: workspace)
        guard known == record else { throw .sameTensors(path: source.location.path, other: place.path) }
        // The same checkpoint from a place that can still be read: what the store refers to may have moved.
        if (try? intactCheckpoint(known, in: workspace)) == nil {
            try attempt { () throws(WorkspaceError) in try workspace.replace(directory: place, with: draft) }
        }
    }
}
