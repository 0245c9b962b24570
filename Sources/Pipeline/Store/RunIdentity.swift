import FoundationEssentials
import JSON
import Records
import System

/// What tells a run from others: `run.json` beside its lock, which takes long to read.
package struct RunIdentity: Sendable, Equatable {
    package let lockDigest: String
    /// SHA-256 of the held-out shard, and what people call it: its file's name.
    package let shardDigest: String
    package let shardName: String
    /// SHA-256 of the lock's file, so that an edited one is read again.
    fileprivate let fileDigest: String

    fileprivate init(_ lock: Lock, fileDigest: String) {
        self.fileDigest = fileDigest
        lockDigest = lock.digest
        shardDigest = lock.shard.sha256
        shardName = URL(filePath: lock.shard.path).lastPathComponent
    }

    /// Reads the file; nil if it is none.
    fileprivate init?(file: URL) {
        guard let bytes = try? readFile(file), let object = try? JSONValue(parsing: bytes).object,
            let lockDigest = object["lock_digest"]?.string, let shardDigest = object["shard_sha256"]?.string,
            let shardName = object["shard"]?.string, let fileDigest = object["file_sha256"]?.string
        else { return nil }
        self.fileDigest = fileDigest
        self.lockDigest = lockDigest
        self.shardDigest = shardDigest
        self.shardName = shardName
    }

    fileprivate var json: JSONValue {
        [
            "lock_digest": .string(lockDigest), "shard_sha256": .string(shardDigest), "shard": .string(shardName),
            "file_sha256": .string(fileDigest),
        ]
    }
}

extension RunDirectory {
    /// What the run is; nil where this version cannot read its lock.
    ///
    /// Written on first sight: it only spares whoever comes next the lock, so it does no harm where it cannot be.
    package func identity() throws(WorkspaceError) -> RunIdentity? {
        let bytes = try WorkspaceError.attempt { () throws(SystemError) in try readFile(lock) }
        let digest = sha256(bytes)
        if let known = RunIdentity(file: identityFile), known.fileDigest == digest { return known }
        guard let lock = try? Lock(yaml: bytes, file: lock.path) else { return nil }
        let found = RunIdentity(lock, fileDigest: digest)
        try? replace(Array(found.json.prettyText.utf8), at: identityFile)
        return found
    }

    private var identityFile: URL { directory.appending(path: "run.json") }
}
