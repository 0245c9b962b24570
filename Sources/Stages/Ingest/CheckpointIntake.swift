import Archive
import Checkpoint
import Compression
import FoundationEssentials
import JSON
import LanguageModel
import Pipeline
import Records
import System

/// Brings one source into the store: unpacked, copied or referenced, validated, hashed, described.
struct CheckpointIntake {
    private let source: CheckpointSource
    private let workspace: Workspace
    /// Whether a plain source is copied into the store instead of being referenced.
    private let copies: Bool

    init(_ source: CheckpointSource, _ workspace: Workspace, copies: Bool) {
        self.source = source
        self.workspace = workspace
        self.copies = copies
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

    /// Whether the store refers to the source's own files.
    private var isReferenced: Bool { source.form.isUsedInPlace && !copies }

    /// Takes the source; `reasonToWait` is asked before anything is published.
    func run(reasonToWait: () throws(StageError) -> String? = { nil }) throws(StageError) -> Result {
        let draft = workspace.temporary.appending(path: UUID().uuidString, directoryHint: .isDirectory)
        defer { try? removeTree(draft) }
        try attempt { () throws(SystemError) in try makeDirectory(draft) }
        var inputs = WatchedInputs()
        for file in source.files { try inputs.watch(file) }
        let known = isReferenced ? try reference(in: draft) : try write(into: draft)
        // A plain source is opened where it is, so that messages name its files and not our links to them.
        let opened = isReferenced ? source.location : draft
        let checkpoint = try openNamed(opened)
        let tensors: [TensorDigest]
        if let known { tensors = known } else { tensors = try stoppable { digests(of: checkpoint) } }
        let record = try CheckpointRecord(checkpoint, digest: CheckpointDigest(tensors).description)
        let isNew = try !exists(workspace.checkpoint(record.digest))
        let (trainer, unread) = try trainerState(in: opened)
        let traits = WeightTraits(checkpoint, tensors)
        inputs.watch(checkpoint)
        try inputs.checkUnchanged()
        if let reason = try reasonToWait() { throw .unsettled(path: source.location.path, reason: reason) }
        try publish(record, draft)
        return Result(
            digest: record.digest, isNew: isNew, traits: traits, trainer: trainer, unreadTrainer: unread)
    }

    /// What the trainer saved, or why it cannot be read; that it could not be read today is an error.
    private func trainerState(in directory: URL) throws(StageError) -> (TrainerState?, TrainerStateError?) {
        do throws(TrainerStateError) { return (try TrainerState(of: directory), nil) } catch {
            if let system = error.system, system.isOfToday { throw .input(system) }
            return (nil, error)
        }
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

    /// Writes a source's files; those of safetensors are validated and hashed on their way, others afterwards.
    private func write(into draft: URL) throws(StageError) -> [TensorDigest]? {
        var digesters: [String: SafetensorsDigester] = [:]
        var fault: CheckpointError?
        let observer = { (file: String, bytes: UnsafeRawBufferPointer) -> Bool in
            var digester =
                digesters.removeValue(forKey: file) ?? SafetensorsDigester(file: "\(source.location.path)/\(file)")
            do throws(CheckpointError) { try digester.update(bytes) } catch {
                fault = error
                return false
            }
            digesters[file] = digester
            return !Interruption.isRequested
        }
        let written: UnpackedFiles
        do throws(ArchiveError) {
            if source.form == .directory {
                try source.checkBlobs()
                written = try source.copy(into: draft, observing: observer)
            } else {
                written = try source.unpack(into: draft, observing: observer)
            }
        } catch {
            if let fault { throw .checkpoint(fault) }
            try attempt { () throws(WorkspaceError) in try Interruption.check() }
            throw .archive(error)
        }
        var tensors: [TensorDigest] = []
        for file in written.weights {
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
            try attempt { () throws(WorkspaceError) in _ = try workspace.publish(directory: draft, at: place) }
            return
        }
        let known = try wholeCheckpointRecord(record.digest, in: workspace)
        if let known, known != record { throw .sameTensors(path: source.location.path, other: place.path) }
        // The same checkpoint from a place that can still be read: what the store refers to may have moved.
        let isToBeCopied = copies ? try workspace.refersToSource(record.digest) : false
        if known == nil || isToBeCopied || (try? intactCheckpoint(record, in: workspace)) == nil {
            try attempt { () throws(WorkspaceError) in try workspace.replace(directory: place, with: draft) }
        }
    }
}

extension Workspace {
    /// Whether a checkpoint's directory links to the files of a plain source.
    func refersToSource(_ digest: String) throws(StageError) -> Bool {
        try attempt { () throws(SystemError) in
            try FileStatus(link: checkpoint(digest).appending(path: "config.json"))?.kind == .link
        }
    }
}
