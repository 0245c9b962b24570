import FoundationEssentials
import Glibc

extension CompressionError {
    /// The system's words for an error number, and the number.
    static func reason(_ number: Int32) -> String {
        "\(String(cString: strerror(number))) (errno \(number))"
    }
}

/// Small files read and written whole, synced, so that a directory renamed into place after them is complete on disk.
enum SystemFile {
    /// The error number of the system call that failed last on this thread, for errors that come wrapped.
    static var lastError: Int32 { errno }

    /// Writes a new file and waits until it is on the disk.
    static func write(_ bytes: [UInt8], to url: URL) throws(CompressionError) {
        let path = url.path(percentEncoded: false)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .cannotWrite(path: path, errno: errno) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .cannotWrite(path: path, errno: count < 0 ? errno : ENOSPC) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw .cannotWrite(path: path, errno: errno) }
    }

    /// Waits until a directory's entries are on the disk.
    static func synchronize(_ directory: URL) throws(CompressionError) {
        let path = directory.path(percentEncoded: false)
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotWrite(path: path, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .cannotWrite(path: path, errno: errno) }
    }

    /// The bytes of a file.
    static func read(_ url: URL) throws(CompressionError) -> [UInt8] {
        do { return Array(try Data(contentsOf: url)) } catch {
            throw .cannotRead(path: url.path(percentEncoded: false), errno: lastError)
        }
    }
}
