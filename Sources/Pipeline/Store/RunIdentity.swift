import FoundationEssentials
import JSON
import System

/// What tells a run from others: `run.json` beside its lock, which takes long to read.
package struct RunIdentity: Sendable, Equatable {
    package let lockDigest: String
    /// SHA-256 of the held-out shard, and what people call it: its file's name.
    package let shardDigest: String
    package let shardName: String

    init(_ lock: Lock) {
        lockDigest = lock.digest
        shardDigest = lock.shard.sha256
        shardName = URL(filePath: lock.shard.path).lastPathComponent
    }

    /// Reads the file; nil if it is none.
    fileprivate init?(file: URL) {
        guard let bytes = try? readFile(file), let object = try? JSONValue(parsing: bytes).object,
            let lockDigest = object["lock_digest"]?.string, let shardDigest = object["shard_sha256"]?.string,
            let shardName = object["shard"]?.string
        else { return nil }
        self.lockDigest = lockDigest
        self.shardDigest = shardDigest
        self.shardName = shardName
    }

    fileprivate var json: JSONValue {
        [
            "lock_digest": .string(lockDigest), "shard_sha256": .string(shardDigest), "shard": .string(shardName),
        ]
    }
}

extension RunDirectory {
    /// What the run is; nil where this version cannot read its lock.
    ///
    /// Written on first sight: it only spares whoever comes next the lock, so it does no harm where it cannot be.
    package var identity: RunIdentity? {
        if let known = RunIdentity(file: identityFile) { return known }
        guard let found = (try? Lock(file: lock)).map(RunIdentity.init) else { return nil }
        try? replaceFile(Array(found.json.prettyText.utf8), at: identityFile)
        return found
    }

    private var identityFile: URL { directory.appending(path: "run.json") }
}
