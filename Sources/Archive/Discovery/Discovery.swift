package import FoundationEssentials
import System

/// The checkpoints of an archive directory, and what else looked like one.
///
/// A checkpoint is
/// - a directory with `config.json` beside `model.safetensors`, beside the shards of
///   `model.safetensors.index.json`, or beside a single other safetensors file; each of them plain, `.gz` or `.zst`;
/// - a file `.tar`, `.tar.gz`, `.tgz`, `.tar.zst` or `.tzst`.
///
/// Directories are searched to any depth, also those that are checkpoints themselves (a run's directory may hold its
/// last state beside `checkpoint-500/`). Hidden entries are not looked at. A directory or tar archive that several
/// paths lead to counts once, under a path without symbolic links if there is one; so loops of links end.
///
/// The step is read from the innermost name of the path that has one (see `trainingStep(inName:needsKeyword:)`), and
/// the folder above that name is the series. Plain digits are a step only as the checkpoint's own name.
package struct Discovery: Sendable {
    /// By series, step and name; checkpoints without a step last.
    package private(set) var sources: [CheckpointSource] = []
    /// In byte order of the names.
    package private(set) var skipped: [SkippedPath] = []

    private let root: URL
    private var visited: Set<FileStatus.Identity> = []
    /// Paths by way of a symbolic link wait until everything else has been seen.
    private var linkedDirectories: [[String]] = []
    private var linkedTars: [[String]] = []

    /// Searches a directory, or takes a single tar archive.
    package init(root location: URL) throws(ArchiveError) {
        let status = try ArchiveError.attempt { () throws(SystemError) in try FileStatus(of: location) }
        root = location.resolvingSymlinksInPath()
        if status.kind == .directory {
            do throws(SystemError) { try visit([], status) } catch { throw .system(error) }
            while let path = linkedDirectories.popLast() { visitIfReadable(path) }
            for path in linkedTars { take(tar: path) }
        } else {
            append([], form: .tar, weights: [], companions: [])
        }
        sources.sort(by: Self.precedes)
        skipped.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The root itself must be readable; one folder in it must not stop the others.
    private mutating func visitIfReadable(_ path: [String]) {
        do throws(SystemError) { try visit(path, FileStatus(of: url(path))) } catch { skip(path, .unreadable(error)) }
    }

    private mutating func visit(_ path: [String], _ status: FileStatus) throws(SystemError) {
        guard visited.insert(status.identity).inserted else { return }
        let contents = try DirectoryContents(url(path))
        takeDirectory(path, contents)
        takeFiles(path, contents)
        linkedDirectories += contents.linkedDirectories.reversed().map { path + [$0] }
        for name in contents.directories { visitIfReadable(path + [name]) }
    }

    private mutating func takeFiles(_ path: [String], _ contents: DirectoryContents) {
        for name in contents.brokenLinks { skip(path + [name], .brokenLink) }
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
    private mutating func takeDirectory(_ path: [String], _ contents: DirectoryContents) {
        switch DirectoryForm(files: contents.files) {
        case .nothing: break
        case .skipped(let reason): skip(path, reason)
        case .checkpoint(let weights, let companions):
            let isPlain = weights.allSatisfy { $0.hasSuffix(".safetensors") }
            append(
                path, form: isPlain ? .directory : .compressedDirectory, weights: weights, companions: companions)
        }
    }

    private mutating func append(
        _ path: [String], form: CheckpointSource.Form, weights: [String], companions: [String]
    ) {
        let place = Place(root: root, path: path, isTar: form == .tar)
        sources.append(
            CheckpointSource(
                location: url(path), form: form, name: name(path), series: place.series, step: place.step,
                weights: weights, companions: companions))
    }

    private mutating func skip(_ path: [String], _ reason: SkipReason) {
        skipped.append(SkippedPath(name: name(path), reason: reason))
    }

    private func url(_ path: [String]) -> URL { path.reduce(root) { $0.appending(path: $1) } }

    private func name(_ path: [String]) -> String {
        path.isEmpty ? root.lastPathComponent : path.joined(separator: "/")
    }

    private static func precedes(_ left: CheckpointSource, _ right: CheckpointSource) -> Bool {
        if left.series != right.series { return left.series.utf8.lexicographicallyPrecedes(right.series.utf8) }
        if left.step != right.step { return (left.step ?? .max) < (right.step ?? .max) }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

/// Where a checkpoint stands in its archive: which run, which step.
private struct Place {
    let series: String
    let step: Int?

    init(root: URL, path: [String], isTar: Bool) {
        // The root's own names stand before the path, so that a root which is a run or a step is named as such.
        let above = Array(root.pathComponents.suffix(2)).filter { $0 != "/" }
        var components = above + path
        if isTar, let last = components.popLast() { components.append(FileNames.stem(ofTar: last)) }
        let below = components.indices.dropFirst(max(0, above.count - 1))
        // A folder further out that is all digits is rather a date than a step.
        let steps = components.indices.map {
            trainingStep(inName: components[$0], needsKeyword: $0 < components.count - 1)
        }
        let found = below.last { steps[$0] != nil }
        step = found.flatMap { steps[$0] }
        let end = found ?? (components.count - 1)
        let start = min(above.count, max(0, end - 1))
        series = components[start..<max(start, end)].joined(separator: "/")
    }
}
