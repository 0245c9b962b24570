package import FoundationEssentials
import JSON
import Records

extension Lock {
    /// Reads a file if it is a lock; nil if it is a manifest.
    package init?(ifLock file: URL) throws(ManifestError) {
        let root = try Field(file: file)
        guard try root.members().contains(where: { $0.key == "lock" }) else { return nil }
        try self.init(root)
    }

    /// Reads `manifest.lock.yaml`.
    package init(file: URL) throws(ManifestError) {
        try self.init(Field(file: file))
    }

    /// Reads what stands in such a file.
    init(yaml bytes: [UInt8], file: String) throws(ManifestError) {
        try self.init(Field(yaml: bytes, file: file))
    }

    init(_ root: Field) throws(ManifestError) {
        let keys = try root.mapping(
            required: [
                "lock", "name", "stages", "shard", "tokenizer", "context", "windows", "specs", "laws", "predictions",
                "archives", "checkpoints",
            ],
            optional: [
                "calibration", "phase", "order", "seed", "qid_stderr", "kl_error", "score", "bos", "documents",
                "separator",
                "doubtful", "windows_used",
            ])
        let format = try keys["lock"]?.integer(atLeast: 1)
        guard format == Self.format else {
            throw root.invalid(
                "lock format \(format ?? 0) was written by another version of qid; this one reads \(Self.format)")
        }
        try Self.checkVersions(keys["stages"])
        let manifest = try Manifest(lockKeys: keys)
        self.init(
            manifest: manifest, shard: try Input(keys["shard"], path: manifest.evaluation.shard),
            tokenizer: try manifest.evaluation.tokenizer.map { (path) throws(ManifestError) in
                try Input(keys["tokenizer"], path: path)
            },
            calibration: try manifest.calibration.map { (calibration) throws(ManifestError) in
                try Calibration(keys["calibration"], calibration)
            },
            checkpoints: try (keys["checkpoints"]?.list() ?? []).map { (field) throws(ManifestError) in
                try Entry(field)
            },
            windowsUsed: try keys["windows_used"].map { (field) throws(ManifestError) in try WindowsUsed(field) }
                ?? WindowsUsed())
    }

    /// A lock repeats only with the stage versions it was made with.
    private static func checkVersions(_ field: Field?) throws(ManifestError) {
        for member in try field?.members() ?? [] {
            guard let stage = Stage(rawValue: member.key) else { throw member.invalid("no such stage") }
            let version = try member.integer(atLeast: 1)
            guard version == stage.version else {
                throw member.invalid(
                    "the lock was made with version \(version) of this stage; this qid has version \(stage.version)")
            }
        }
    }
}

extension Lock.Input {
    fileprivate init(_ field: Field?, path: URL) throws(ManifestError) {
        guard let digest = try field?.mapping(required: ["sha256", "path"])["sha256"] else {
            preconditionFailure("mapping(required:) lets no missing key through")
        }
        self.init(path: path.path, sha256: try digest.string())
    }
}

extension Lock.Calibration {
    fileprivate init(_ field: Field?, _ calibration: Manifest.Calibration) throws(ManifestError) {
        let shard = try field?.mapping(required: ["shard", "context", "windows"])["shard"]
        self.init(calibration, sha256: try Lock.Input(shard, path: calibration.shard).sha256)
    }
}

extension Lock.Entry {
    fileprivate init(_ field: Field) throws(ManifestError) {
        guard let object = field.json.object, let record = CheckpointRecord(.object(object)),
            let facts = TrainingFacts(members: object), let path = object["path"]?.string
        else { throw field.invalid("not a checkpoint of a lock") }
        self.init(record: record, facts: facts, path: path)
    }
}
