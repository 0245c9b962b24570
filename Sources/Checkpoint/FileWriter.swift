import FoundationEssentials
import Glibc

/// A new file that is written at given offsets and synced before it is closed.
struct FileWriter: ~Copyable {
    let path: String
    private let descriptor: Int32

    /// Creates the file; one that is there already is an error, so nothing is ever overwritten.
    init(creating location: URL) throws(CheckpointError) {
        path = location.path(percentEncoded: false)
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotWrite(file: path, reason: String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(CheckpointError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + written))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            written += count
        }
    }

    borrowing func synchronize() throws(CheckpointError) {
        guard fsync(descriptor) == 0 else { throw failure() }
    }

    private borrowing func failure() -> CheckpointError {
        .cannotWrite(file: path, reason: String(cString: strerror(errno)))
    }
}
