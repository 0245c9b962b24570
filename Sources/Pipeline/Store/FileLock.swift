package import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#endif

/// An advisory lock on a file; it goes when it is released or the process ends, however it ends.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Whether others may hold the lock at the same time.
    package enum Sharing: Sendable { case shared, exclusive }

    /// Takes the lock, or says who holds it.
    package init(_ file: URL, _ sharing: Sharing = .exclusive) throws(WorkspaceError) {
        descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotWrite(path: file.path, code: errno) }
        guard flock(descriptor, (sharing == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .cannotWrite(path: file.path, code: code) }
            let holder = (try? readFile(file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw .locked(path: file.path, holder: holder.isEmpty ? "another process" : holder)
        }
        guard sharing == .exclusive else { return }
        // Who holds it is a courtesy to the next one in line; a failure to say so is no failure to hold it.
        ftruncate(descriptor, 0)
        let holder = Array("process \(getpid())".utf8)
        _ = holder.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// Gives the lock back.
    package func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
