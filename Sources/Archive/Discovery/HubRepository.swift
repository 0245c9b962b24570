import FoundationEssentials
import System

/// A repository in a Hugging Face cache: `models--org--name` with `blobs/`, `refs/` and `snapshots/`.
///
/// A snapshot is a directory named by a commit; its files are links to blobs. A file of `refs/` is named as a revision
/// (a branch, such as `step1000`) and holds the commit that it stands for.
package struct HubRepository {
    /// `org/name`.
    let name: String
    private(set) var snapshots: [Snapshot] = []
    /// Revisions that cannot be measured, and why.
    private(set) var skipped: [SkippedPath] = []

    struct Snapshot {
        let commit: String
        /// The revision that says most of it: one with a step before others, `main` before the commit's own name.
        let revision: String
    }

    /// The name of the repository that a cache's folder is of; nil for other folders.
    package static func name(ofFolder name: String) -> String? {
        let parts = name.split(separator: "--", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0] == "models", !parts.contains("") else { return nil }
        return parts[1...].joined(separator: "/")
    }

    /// Reads which revisions the folder of a repository has.
    init(name: String, at folder: URL, naming: NamePattern?) throws(SystemError) {
        self.name = name
        let read = { (revision: String) in naming.map { $0.read(revision) } ?? CheckpointName(revision) }
        let commits = try DirectoryContents(folder.appending(path: Self.snapshotsFolder)).directories
        let references = try Self.references(in: folder.appending(path: "refs"))
        for commit in commits {
            let revisions = references.filter { $0.commit == commit }.map(\.revision)
            let chosen =
                revisions.first { read($0)?.step != nil || read($0)?.tokens != nil }
                ?? revisions.first { $0 == "main" } ?? revisions.first ?? commit
            snapshots.append(Snapshot(commit: commit, revision: chosen))
            let step = read(chosen)?.step
            for other in revisions where other != chosen {
                guard let otherStep = read(other)?.step, otherStep != step else { continue }
                skip(other, .sameCommit(as: chosen))
            }
        }
        for reference in references where !commits.contains(reference.commit) {
            skip(reference.revision, .missingSnapshot(commit: reference.commit))
        }
    }

    static let snapshotsFolder = "snapshots"

    private mutating func skip(_ revision: String, _ reason: SkipReason) {
        skipped.append(SkippedPath(name: "\(name)@\(revision)", reason: reason))
    }

    private typealias Reference = (revision: String, commit: String)

    /// All files of `refs/`, whose names may have slashes, in byte order.
    private static func references(in folder: URL, below prefix: String = "") throws(SystemError) -> [Reference] {
        guard try FileStatus(folder)?.kind == .directory else { return [] }
        let contents = try DirectoryContents(folder)
        var references: [Reference] = []
        for file in contents.files {
            references.append((prefix + file, try commit(in: folder.appending(path: file))))
        }
        for directory in contents.directories {
            references += try self.references(
                in: folder.appending(path: directory), below: prefix + directory + "/")
        }
        return references.sorted { $0.revision.utf8.lexicographicallyPrecedes($1.revision.utf8) }
    }

    /// The commit that a reference holds: a line of at most so many characters.
    private static func commit(in file: URL) throws(SystemError) -> String {
        String(decoding: try readFile(file, limit: 128).prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
    }
}

/// A revision of a repository, as a place in an archive.
struct HubRevision {
    /// `org/name`.
    let repository: String
    let revision: String

    var name: String { "\(repository)@\(revision)" }

    /// Whether the revision's name says anything: that of the newest state does not, nor does a commit.
    var isNamed: Bool {
        revision != "main" && !(revision.utf8.count == 40 && revision.allSatisfy(\.isHexDigit))
    }

    init(repository: String, revision: String) {
        self.repository = repository
        self.revision = revision
    }

    /// The revision whose snapshot a directory is; nil for other directories.
    init?(ofSnapshot directory: URL, naming: NamePattern?) throws(SystemError) {
        let snapshots = directory.deletingLastPathComponent()
        let folder = snapshots.deletingLastPathComponent()
        guard snapshots.lastPathComponent == HubRepository.snapshotsFolder,
            let name = HubRepository.name(ofFolder: folder.lastPathComponent)
        else { return nil }
        let repository = try HubRepository(name: name, at: folder, naming: naming)
        let commit = directory.lastPathComponent
        guard let snapshot = repository.snapshots.first(where: { $0.commit == commit }) else { return nil }
        self.init(repository: name, revision: snapshot.revision)
    }
}
