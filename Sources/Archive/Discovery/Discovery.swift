package import FoundationEssentials
import System

/// The checkpoints of an archive directory, and what else looked like one.
///
/// A checkpoint is
/// - a directory with `config.json` beside `model.safetensors`, beside the shards of
///   `model.safetensors.index.json`, or beside a single other safetensors file, else beside `pytorch_model.bin` or the
///   shards of its index; each of them plain, `.gz` or `.zst`;
/// - a directory with the GGUF file or the shards of one model, and no other weights, or such a file alone;
/// - a file `.tar`, `.tar.gz`, `.tgz`, `.tar.zst` or `.tzst`;
/// - a revision of a repository in a Hugging Face cache (`HubRepository`), named `org/name@revision`.
///
/// Directories are searched to a depth of 64, also those that are checkpoints themselves (a run's directory may hold its
/// last state beside `checkpoint-500/`). Hidden entries are not looked at. A directory or tar archive that several
/// paths lead to counts once, under a path without symbolic links if there is one; so loops of links end.
///
/// Run and step are read from the names of the path (``TrainingPlace``).
package struct Discovery: Sendable {
    /// By series, step and name; checkpoints without a step last.
    package private(set) var sources: [CheckpointSource] = []
    /// In byte order of the names.
    package private(set) var skipped: [SkippedPath] = []

    /// Folders within folders that are searched.
    private static let mostFolders = 64

    private let root: URL
    private let naming: NamePattern?
    private var visited: Set<FileStatus.Identity> = []
    /// Paths by way of a symbolic link wait until everything else has been seen.
    private var linkedDirectories: [[String]] = []
    private var linkedTars: [[String]] = []
    /// The snapshots of Hugging Face caches by their paths.
    private var revisions: [[String]: HubRevision] = [:]

    /// Searches a directory, or takes a single tar archive; `naming` says how names are read that are of another making.
    package init(root location: URL, naming: NamePattern? = nil) throws(ArchiveError) {
        self.naming = naming
        let status = try ArchiveError.attempt { () throws(SystemError) in try FileStatus(of: location) }
        root = location.resolvingSymlinksInPath()
        revisions[[]] = try ArchiveError.attempt { () throws(SystemError) in
            try HubRevision(ofSnapshot: root, naming: naming)
        }
        if status.kind == .directory {
            do throws(SystemError) { try visit([], status) } catch { throw .system(error) }
            while let path = linkedDirectories.popLast() { visitIfReadable(path) }
            for path in linkedTars { take(tar: path) }
        } else if FileNames.isGGUF(root.lastPathComponent) {
            let files = try ArchiveError.attempt { () throws(SystemError) in
                try DirectoryContents(root.deletingLastPathComponent()).files
            }
            append([], form: .ggufFile, weights: FileNames.shards(of: root.lastPathComponent, files), companions: [])
        } else {
            append([], form: .tar, weights: [], companions: [])
        }
        let places = Set(sources.map(\.name))
        for index in skipped.indices where skipped[index].reason.isOtherForm {
            skipped[index].isBesideCheckpoint = Self.isBelow(skipped[index].name, places)
        }
        tellRunsApart()
        sources.sort(by: Self.precedes)
        skipped.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Where a step of a series is there twice, the folders below it tell the runs apart; a run's last state that has no
    /// step of its own belongs to the run.
    private mutating func tellRunsApart() {
        var seen: Set<String> = []
        let repeated = Set(
            sources.filter { $0.step != nil && !seen.insert("\($0.series)\n\($0.step ?? 0)").inserted }.map(\.series))
        for index in sources.indices where repeated.contains(sources[index].series) {
            sources[index].place.lengthenSeries()
        }
        let runs = Set(sources.filter { $0.step != nil }.map(\.series))
        for index in sources.indices where sources[index].step == nil && runs.contains(sources[index].place.folder) {
            sources[index].place.joinRunInFolder()
        }
    }

    /// The root itself must be readable; one folder in it must not stop the others.
    private mutating func visitIfReadable(_ path: [String]) {
        guard path.count <= Self.mostFolders else { return skip(path, .tooDeep(limit: Self.mostFolders)) }
        do throws(SystemError) { try visit(path, FileStatus(of: url(path))) } catch { skip(path, .unreadable(error)) }
    }

    private mutating func visit(_ path: [String], _ status: FileStatus) throws(SystemError) {
        guard visited.insert(status.identity).inserted else { return }
        let contents = try DirectoryContents(url(path))
        if contents.directories.contains(HubRepository.snapshotsFolder),
            let name = HubRepository.name(ofFolder: url(path).lastPathComponent)
        {
            return visit(try HubRepository(name: name, at: url(path), naming: naming), path)
        }
        do throws(SystemError) { try takeDirectory(path, contents) } catch { skip(path, .unreadable(error)) }
        takeFiles(path, contents)
        linkedDirectories += contents.linkedDirectories.reversed().map { path + [$0] }
        for name in contents.directories { visitIfReadable(path + [name]) }
    }

    /// Looks at the snapshots alone: blobs are what these link to.
    private mutating func visit(_ repository: HubRepository, _ path: [String]) {
        skipped += repository.skipped
        for snapshot in repository.snapshots {
            let place = path + [HubRepository.snapshotsFolder, snapshot.commit]
            revisions[place] = HubRevision(repository: repository.name, revision: snapshot.revision)
            visitIfReadable(place)
        }
    }

    /// Whether a path lies in one of some others, or is one.
    private static func isBelow(_ path: String, _ others: Set<String>) -> Bool {
        var rest = path[...]
        while !rest.isEmpty {
            if others.contains(String(rest)) { return true }
            rest = rest[..<(rest.lastIndex(of: "/") ?? rest.startIndex)]
        }
        return false
    }

    private mutating func takeFiles(_ path: [String], _ contents: DirectoryContents) {
        for name in contents.brokenLinks { skip(path + [name], .brokenLink) }
        for name in contents.others { skip(path + [name], .notAFile) }
        for name in contents.unprintable { skip(path + [name], .unprintableName) }
        for name in contents.files {
            if FileNames.isTar(name) {
                if contents.linkedFiles.contains(name) {
                    linkedTars.append(path + [name])
                } else {
                    take(tar: path + [name])
                }
            } else if FileNames.isUnsupportedArchive(name) {
                skip(path + [name], .unsupportedFormat)
            } else if let finished = FileNames.finishedName(ofUnfinished: name), FileNames.isTar(finished) {
                skip(path + [name], .beingWritten(file: name))
            }
        }
    }

    private mutating func take(tar path: [String]) {
        do throws(SystemError) {
            guard visited.insert(try FileStatus(of: url(path)).identity).inserted else { return }
        } catch {
            return skip(path, .unreadable(error))
        }
        append(path, form: .tar, weights: [], companions: [])
    }

    /// Takes a directory whose files make a checkpoint, or says why they almost do.
    private mutating func takeDirectory(_ path: [String], _ contents: DirectoryContents) throws(SystemError) {
        switch DirectoryForm(files: contents.files, shards: try ShardNames(of: contents.files, in: url(path))) {
        case .nothing: break
        case .skipped(let reason): skip(path, reason)
        case .checkpoint(let weights, let companions):
            for file in weights + companions where try isGitLFSPointer(url(path).appending(path: file)) {
                return skip(path, .gitLFSPointer(file: file))
            }
            let isPlain = weights.allSatisfy { FileNames.isGGUF($0) || FileNames.weights($0) == $0 }
            append(
                path, form: isPlain ? .directory : .compressedDirectory, weights: weights, companions: companions)
        }
    }

    private mutating func append(
        _ path: [String], form: CheckpointSource.Form, weights: [String], companions: [String]
    ) {
        let place: TrainingPlace
        let found = revision(of: path)
        if let (revision, below) = found {
            place = TrainingPlace(revision, below: below, naming: naming)
        } else {
            place = TrainingPlace(root: root, path: path, isTar: form == .tar, naming: naming)
        }
        if let part = place.unreadable { skip(path, .unreadableName(part: part)) }
        sources.append(
            CheckpointSource(
                location: url(path), form: form, name: name(path), place: place, weights: weights,
                companions: companions, isOfRepository: found != nil))
    }

    private mutating func skip(_ path: [String], _ reason: SkipReason) {
        skipped.append(SkippedPath(name: name(path), reason: reason))
    }

    private func url(_ path: [String]) -> URL { path.reduce(root) { $0.appending(path: $1) } }

    private func name(_ path: [String]) -> String {
        if let (revision, below) = revision(of: path) { return ([revision.name] + below).joined(separator: "/") }
        return path.isEmpty ? root.lastPathComponent : path.joined(separator: "/")
    }

    /// The revision that a path lies in, and the path below its snapshot.
    private func revision(of path: [String]) -> (HubRevision, below: [String])? {
        guard !revisions.isEmpty else { return nil }
        for count in stride(from: path.count, through: 0, by: -1) {
            if let revision = revisions[Array(path.prefix(count))] { return (revision, Array(path.dropFirst(count))) }
        }
        return nil
    }

    private static func precedes(_ left: CheckpointSource, _ right: CheckpointSource) -> Bool {
        if left.series != right.series { return left.series.utf8.lexicographicallyPrecedes(right.series.utf8) }
        if left.step != right.step { return (left.step ?? .max) < (right.step ?? .max) }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}
