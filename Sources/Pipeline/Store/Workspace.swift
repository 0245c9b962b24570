package import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#endif

/// The directory that holds the warehouse, the artifact store and the runs; its layout is a contract (see `WorkspaceReference`).
package struct Workspace: Sendable {
    package let root: URL

    /// The workspace at a path, which is made if it does not exist.
    package init(creating root: URL) throws(WorkspaceError) {
        self.root = root.absoluteURL
        for directory in [checkpoints, compressed, evaluations, refusals, sources, runs, temporary] {
            try makeDirectory(directory)
        }
    }

    /// The workspace at a path, which must exist.
    package init(existing root: URL) throws(WorkspaceError) {
        self.root = root.absoluteURL
        guard FileManager.default.fileExists(atPath: store.path) else { throw .noWorkspace(path: root.path) }
    }

    /// Where the workspace is: the option, else `$QID_WORKSPACE`, else `./qid-workspace`.
    package static func location(option: String?) -> URL {
        let path = option ?? ProcessInfo.processInfo.environment["QID_WORKSPACE"] ?? "qid-workspace"
        return URL(filePath: path, directoryHint: .isDirectory).standardizedFileURL
    }

    package var warehouse: URL { root.appending(path: "warehouse.sqlite") }
    package var store: URL { root.appending(path: "store") }
    package var checkpoints: URL { store.appending(path: "checkpoints") }
    package var compressed: URL { store.appending(path: "compressed") }
    package var evaluations: URL { store.appending(path: "evaluations") }
    package var refusals: URL { store.appending(path: "refusals") }
    package var sources: URL { store.appending(path: "sources") }
    package var runs: URL { root.appending(path: "runs") }
    package var temporary: URL { root.appending(path: "tmp") }

    /// Held by the one process that ingests.
    package var ingestLock: URL { root.appending(path: "ingest.lock") }
    /// Held, shared, by every process that adds to the store; alone by the one that deletes from it.
    package var storeLock: URL { root.appending(path: "store.lock") }

    /// `store/checkpoints/<digest>`: a Hugging Face directory.
    package func checkpoint(_ digest: String) -> URL { checkpoints.appending(path: digest) }
    /// `store/compressed/<key>`: a Hugging Face directory in the compressed-tensors layout.
    package func compressed(_ key: ArtifactKey) -> URL { compressed.appending(path: key.text) }
    /// `store/evaluations/<key>.json`: per-window results.
    package func evaluation(_ key: ArtifactKey) -> URL { evaluations.appending(path: key.text + ".json") }
    /// `store/refusals/<key>.json`: why the artifact of that key could not be made.
    package func refusal(_ key: ArtifactKey) -> URL { refusals.appending(path: key.text + ".json") }
    /// `store/sources/<SHA-256 of the path>.json`: what a place in an archive was found to hold.
    package func source(path: String) -> URL { sources.appending(path: sha256(Array(path.utf8)) + ".json") }
}

/// Makes a directory and its parents; one that is there already is fine.
package func makeDirectory(_ directory: URL) throws(WorkspaceError) {
    do {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
        throw .cannotWrite(path: directory.path, code: errorCode(error))
    }
}

/// Whether something is at this place.
package func exists(_ place: URL) -> Bool { access(place.path, F_OK) == 0 }

/// The names in a directory, sorted by their bytes; none if it does not exist.
package func names(in directory: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? [])
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// The whole of a small file.
package func readFile(_ file: URL) throws(WorkspaceError) -> [UInt8] {
    do { return Array(try Data(contentsOf: file)) } catch { throw .cannotRead(path: file.path, code: errorCode(error)) }
}

/// The errno behind an error that Foundation threw.
package func errorCode(_ error: any Error) -> Int32 {
    if let error = error as? CocoaError {
        if let underlying = error.underlying as? POSIXError { return underlying.code.rawValue }
        switch error.code {
        case .fileWriteNoPermission, .fileReadNoPermission: return EACCES
        case .fileWriteOutOfSpace: return ENOSPC
        case .fileWriteVolumeReadOnly: return EROFS
        case .fileNoSuchFile, .fileReadNoSuchFile: return ENOENT
        case .fileWriteFileExists: return ENOTDIR
        default: return EIO
        }
    }
    return (error as? POSIXError)?.code.rawValue ?? EIO
}
