package import FoundationEssentials
package import Records
import System

/// The directory that holds the warehouse, the artifact store and the runs; its layout is a contract (see `WorkspaceReference`).
package struct Workspace: Sendable {
    package let root: URL

    /// The workspace at a path, which is made if it does not exist.
    package init(creating root: URL) throws(WorkspaceError) {
        self.root = root.absoluteURL
        try WorkspaceError.attempt { () throws(SystemError) in
            try makeDirectories()
            try checkDirectories()
        }
    }

    /// The workspace at a path, which must exist.
    package init(existing root: URL) throws(WorkspaceError) {
        self.root = root.absoluteURL
        let isThere = try WorkspaceError.attempt { () throws(SystemError) in try exists(store) }
        guard isThere else { throw .noWorkspace(path: root.path) }
        try WorkspaceError.attempt { () throws(SystemError) in try checkDirectories() }
    }

    private var directories: [URL] {
        [store, checkpoints, compressed, evaluations, distortions, probes, refusals, sources, runs, temporary]
    }

    /// Makes what is not there, so that a power cut does not take it away again.
    private func makeDirectories() throws(SystemError) {
        for directory in [root] + directories {
            // What cannot be looked at cannot be made either, and that says more of why.
            guard (try? FileStatus(link: directory)) == nil else { continue }
            try makeDirectory(directory)
            try synchronize(directory.deletingLastPathComponent())
        }
    }

    /// Makes sure that nothing is written or deleted where a link leads, and that results can be renamed into place.
    private func checkDirectories() throws(SystemError) {
        for directory in directories { try checkOwnDirectory(directory, in: root) }
    }

    /// Where the workspace is: the option, else `$QID_WORKSPACE`, else `./qid-workspace`.
    package static func location(option: String?) -> URL {
        let path = option ?? Surroundings.variables["QID_WORKSPACE"] ?? "qid-workspace"
        return URL(filePath: path, directoryHint: .isDirectory).standardizedFileURL
    }

    package var warehouse: URL { root.appending(path: "warehouse.sqlite") }
    package var store: URL { root.appending(path: "store") }
    package var checkpoints: URL { store.appending(path: "checkpoints") }
    package var compressed: URL { store.appending(path: "compressed") }
    package var evaluations: URL { store.appending(path: "evaluations") }
    package var distortions: URL { store.appending(path: "distortions") }
    package var probes: URL { store.appending(path: "probes") }
    package var refusals: URL { store.appending(path: "refusals") }
    package var sources: URL { store.appending(path: "sources") }
    package var runs: URL { root.appending(path: "runs") }
    package var temporary: URL { root.appending(path: "tmp") }

    /// Held by the one process that ingests.
    package var ingestLock: URL { root.appending(path: "ingest.lock") }
    /// Held, shared, by every process that adds to the store; alone by the one that deletes from it.
    package var storeLock: URL { root.appending(path: "store.lock") }

    /// Held by the one process that unpacks weights again which had to make room.
    package var restoreLock: URL { root.appending(path: "restore.lock") }

    /// `store/checkpoints/<digest>`: a Hugging Face directory.
    package func checkpoint(_ digest: String) -> URL { checkpoints.appending(path: digest) }
    /// `store/compressed/<key>`: a Hugging Face directory in the compressed-tensors layout.
    package func compressed(_ key: ArtifactKey) -> URL { compressed.appending(path: key.text) }
    /// `store/evaluations/<key>.json`: per-window results.
    package func evaluation(_ key: ArtifactKey) -> URL { evaluations.appending(path: key.text + ".json") }
    /// `store/distortions/<key>.json`: what compression did to each layer.
    package func distortion(_ key: ArtifactKey) -> URL { distortions.appending(path: key.text + ".json") }
    /// `store/probes/<key>.json`: how much a checkpoint minds errors in its weights.
    package func probe(_ key: ArtifactKey) -> URL { probes.appending(path: key.text + ".json") }
    /// `store/refusals/<key>.json`: why the artifact of that key could not be made.
    package func refusal(_ key: ArtifactKey) -> URL { refusals.appending(path: key.text + ".json") }
    /// `store/sources/<SHA-256 of the path>.json`: what a place in an archive was found to hold.
    package func source(path: String) -> URL { sources.appending(path: sha256(Array(path.utf8)) + ".json") }
}
