import FoundationEssentials
import Glibc

/// An open file that is closed when this value goes.
struct FileDescriptor: ~Copyable {
    let path: String
    let raw: Int32

    init(reading location: URL) throws(ArchiveError) {
        path = location.path(percentEncoded: false)
        raw = open(path, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw .cannotRead(file: path, reason: systemReason()) }
    }

    /// Creates a file; one that is there already is an error.
    init(creating location: URL) throws(ArchiveError) {
        path = location.path(percentEncoded: false)
        raw = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard raw >= 0 else { throw .cannotWrite(file: path, reason: systemReason()) }
    }

    deinit { close(raw) }

    /// Reads what there is, at most a buffer full; 0 at the end.
    borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        while true {
            let count = Glibc.read(raw, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw .cannotRead(file: path, reason: systemReason()) }
        }
    }

    /// Writes all bytes at the current place.
    borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(raw, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .cannotWrite(file: path, reason: systemReason()) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    borrowing func synchronize() throws(ArchiveError) {
        guard fsync(raw) == 0 else { throw .cannotWrite(file: path, reason: systemReason()) }
    }
}

/// What the system says about the call that just failed.
func systemReason() -> String { String(cString: strerror(errno)) }
