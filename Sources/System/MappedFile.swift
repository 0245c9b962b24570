package import FoundationEssentials

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file's bytes in the address space, read by the kernel when they are touched.
///
/// Immutable: the mapping is private and read-only, and lasts as long as this object.
// @unchecked Sendable because the bytes are never written after `init` and unmapped only by `deinit`.
package final class MappedFile: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer
    /// What the file was when it was mapped.
    package let status: FileStatus

    package init(_ location: URL) throws(SystemError) {
        let file = try ReadableFile(location)
        status = try file.status()
        guard status.kind == .file else { throw SystemError(.read, file.path, .notARegularFile) }
        bytes = try file.map(byteCount: status.byteCount) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    deinit {
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }

    /// Lets the kernel take back the memory of whole pages among these bytes; they are read again when touched.
    package func release(_ part: UnsafeRawBufferPointer) {
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let begin = (UInt(bitPattern: part.baseAddress) + page - 1) / page * page
        let end = (UInt(bitPattern: part.baseAddress) + UInt(part.count)) / page * page
        // Only advice: where it is refused, the pages merely stay longer.
        if begin < end { madvise(UnsafeMutableRawPointer(bitPattern: begin), Int(end - begin), MADV_DONTNEED) }
    }
}
