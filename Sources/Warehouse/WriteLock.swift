internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The right to write a warehouse: an advisory lock on a file beside it, let go when the process ends however it ends.
///
/// SQLite's own locks last one transaction each; this one lasts as long as its holder, so that a second writer can say
/// that it will come back later instead of waiting. It lies on a file of its own because a lock on the database's
/// file would meet SQLite's on network file systems.
final class WriteLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock of the warehouse at a place, or throws `locked` at once.
    init(of file: URL) throws(WarehouseError) {
        let path = file.path(percentEncoded: false) + ".lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotWrite(file: file, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            if reason == EWOULDBLOCK { throw .locked(file: file) }
            throw .cannotWrite(file: file, reason: String(cString: strerror(reason)))
        }
    }

    deinit { close(descriptor) }
}
