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

    /// Returns the checkpoint's digest, and whether the store did not hold it before; it does then.
    func run() throws(StageError) -> (digest: String, isNew: Bool) {
        let draft = workspace.temporary.appending(path: UUID().uuidString, directoryHint: .isDirectory)
        defer { try? removeTree(draft) }
        try attempt { () throws(SystemError) in try makeDirectory(draft) }
        let known = source.form == .directory ? try reference(in: draft) : try unpack(into: draft)
        // A plain source is opened where it is, so that messages name its files and not our links to them.
        let opened = source.form == .directory ? source.location : draft
        let checkpoint = try openNamed(opened)
        let record = try describe(checkpoint, digest: known ?? digest(of: checkpoint))
        let isNew = try !exists(workspace.checkpoint(record.digest))
        try publish(record, draft)
        return (record.digest, isNew)
    }

    /// A plain directory stays where it is: the store's directory links to its files.
    private func reference(in draft: URL) throws(StageError) -> String? {
        try attempt { () throws(ArchiveError) in try source.checkBlobs() }
        for file in source.files {
            try attempt { () throws(SystemError) in
                try makeLink(draft.appending(path: file.lastPathComponent), to: file)
            }
        }
        return nil
    }

    /// Writes a compressed source's files; those of safetensors are validated and hashed on their way, others afterwards.
    private func unpack(into draft: URL) throws(StageError) -> String? {
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
        return CheckpointDigest(tensors).description
    }

    /// Works out what the checkpoint is; that it can be run at all is part of it.
    private func describe(_ checkpoint: Checkpoint, digest: String) throws(StageError) -> CheckpointRecord {
        let weights = try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
        let model = try attempt { () throws(LanguageModelError) in try LanguageModel([weights]) }
        let (description, count) = (model.description, model.parameterCount)
        let file = { (name: String) throws(StageError) in
            try attempt { () throws(ArchiveError) in
                try sha256(ofFile: checkpoint.directory.appending(path: name))
            }
        }
        return CheckpointRecord(
            digest: digest, config: try file("config.json"),
            tokenizer: checkpoint.tokenizerFile == nil ? nil : try file("tokenizer.json"),
            architecture: description.modelType, dtype: dominantType(checkpoint),
            size: ModelSize(
                parameters: count.total, nonEmbeddingParameters: count.nonEmbedding,
                activeParameters: count.active, layers: description.layers.count, width: description.width,
                vocabulary: description.vocabularySize),
            storedScheme: weights.scheme)
    }

    /// The element type that most of the bytes have.
    private func dominantType(_ checkpoint: Checkpoint) -> String {
        var bytes: [String: Int] = [:]
        for tensor in checkpoint.tensors.values { bytes[tensor.info.type.rawValue, default: 0] += tensor.byteCount }
        return bytes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "F32"
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
