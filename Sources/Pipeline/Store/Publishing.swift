package import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#endif

/// How a file came to be at its place in the store.
package enum Publication: Sendable, Equatable {
    case published
    /// The same bytes were there already.
    case alreadyThere
}

extension Workspace {
    /// Puts a file into the store: written under a temporary name beside its place, synced, linked.
    ///
    /// The first writer wins; a second one with the same bytes is fine, with other bytes a reported conflict.
    @discardableResult
    package func publish(_ bytes: [UInt8], at place: URL) throws(WorkspaceError) -> Publication {
        let draft = place.deletingLastPathComponent().appending(path: ".\(UUID().uuidString).tmp")
        defer { unlink(draft.path) }
        try writeFile(bytes, to: draft)
        if link(draft.path, place.path) == 0 {
            try synchronize(place.deletingLastPathComponent())
            return .published
        }
        guard errno == EEXIST else { throw .cannotWrite(path: place.path, code: errno) }
        guard try readFile(place) == bytes else { throw .conflict(path: place.path) }
        return .alreadyThere
    }

    /// Puts a finished directory of `tmp/` into the store: everything in it synced, then renamed into place.
    ///
    /// If another process was faster, its directory stays, and so does this one, where it was.
    package func publish(directory draft: URL, at place: URL) throws(WorkspaceError) {
        try synchronizeTree(draft)
        try move(draft, to: place)
    }

    /// Puts a finished directory of `tmp/` where another is, which goes to `tmp/`.
    package func replace(directory place: URL, with draft: URL) throws(WorkspaceError) {
        try synchronizeTree(draft)
        try move(place, to: temporary.appending(path: UUID().uuidString))
        try move(draft, to: place)
    }

    /// Renames a directory; one that is already at the place wins.
    private func move(_ draft: URL, to place: URL) throws(WorkspaceError) {
        guard rename(draft.path, place.path) != 0 else {
            return try synchronize(place.deletingLastPathComponent())
        }
        guard errno == EEXIST || errno == ENOTEMPTY else { throw .cannotWrite(path: place.path, code: errno) }
    }
}

/// Writes a new file and syncs it; what is there already, a symbolic link too, is an error and stays as it is.
package func writeFile(_ bytes: [UInt8], to file: URL) throws(WorkspaceError) {
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotWrite(path: file.path, code: errno) }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw .cannotWrite(path: file.path, code: errno) }
        written += count
    }
    guard fsync(descriptor) == 0 else { throw .cannotWrite(path: file.path, code: errno) }
}

/// Replaces a file whole, for the few that are views of others (reports, locks of a run).
package func replaceFile(_ bytes: [UInt8], at place: URL) throws(WorkspaceError) {
    let draft = place.deletingLastPathComponent().appending(path: ".\(UUID().uuidString).tmp")
    defer { unlink(draft.path) }
    try writeFile(bytes, to: draft)
    guard rename(draft.path, place.path) == 0 else { throw .cannotWrite(path: place.path, code: errno) }
}

/// Syncs a directory with all files and directories below it; what symbolic links lead to belongs to others.
private func synchronizeTree(_ directory: URL) throws(WorkspaceError) {
    for name in names(in: directory) {
        let place = directory.appending(path: name)
        var status = stat()
        guard lstat(place.path, &status) == 0 else { throw .cannotWrite(path: place.path, code: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: try synchronizeTree(place)
        case S_IFREG: try synchronize(place)
        default: break
        }
    }
    try synchronize(directory)
}

/// Syncs a file, or a directory so that the names in it survive a power cut; not every file system can do the latter.
private func synchronize(_ place: URL) throws(WorkspaceError) {
    let descriptor = open(place.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotWrite(path: place.path, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw .cannotWrite(path: place.path, code: errno) }
}

/// Adds a line to a log in one write, so that lines of several processes do not mix.
func appendLine(_ line: String, to file: URL) throws(WorkspaceError) {
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotWrite(path: file.path, code: errno) }
    defer { close(descriptor) }
    let bytes = Array((line + "\n").utf8)
    guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
        throw .cannotWrite(path: file.path, code: errno)
    }
}
