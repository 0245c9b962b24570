package import FoundationEssentials
import Glibc

/// A file's bytes in the address space, read by the kernel when they are touched.
///
/// Immutable: the mapping is private and read-only, and lasts as long as this object.
// @unchecked Sendable because the bytes are never written after `init` and unmapped only by `deinit`.
package final class MappedFile: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer

    package init(_ location: URL) throws(CheckpointError) {
        let path = location.path(percentEncoded: false)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .cannotRead(file: path, reason: "not a regular file")
        }
        // An empty range cannot be mapped.
        guard status.st_size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let count = Int(status.st_size)
        guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw Self.failure(path)
        }
        bytes = UnsafeRawBufferPointer(start: base, count: count)
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }

    /// Lets the kernel take back the memory of whole pages among these bytes; they are read again when touched.
    func release(_ part: UnsafeRawBufferPointer) {
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let begin = (UInt(bitPattern: part.baseAddress) + page - 1) / page * page
        let end = (UInt(bitPattern: part.baseAddress) + UInt(part.count)) / page * page
        // Only advice: where it is refused, the pages merely stay longer.
        if begin < end { madvise(UnsafeMutableRawPointer(bitPattern: begin), Int(end - begin), MADV_DONTNEED) }
    }

    private static func failure(_ path: String) -> CheckpointError {
        .cannotRead(file: path, reason: String(cString: strerror(errno)))
    }
}
