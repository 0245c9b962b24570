import CPlatform
package import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file's bytes in the address space, read by the kernel when they are touched.
///
/// Immutable: the mapping is private and read-only, and lasts as long as this object. What the kernel cannot read (somebody
/// cut the file short, its disk is broken) reads as zeros instead of ending the process; `checkUnchanged` says so.
// @unchecked Sendable because the bytes are never written after `init` and unmapped only by `deinit`.
package final class MappedFile: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer
    /// What the file was when it was mapped.
    package var status: FileStatus { file.status }
    private let file: WatchedFile
    /// Nil of an empty file.
    private let watch: OpaquePointer?

    package init(_ location: URL) throws(SystemError) {
        let opened = try ReadableFile(location)
        let status = try opened.status()
        guard status.kind == .file else { throw SystemError(.read, opened.path, .notARegularFile) }
        file = WatchedFile(location, status)
        bytes = try opened.map(byteCount: status.byteCount) ?? UnsafeRawBufferPointer(start: nil, count: 0)
        guard let base = bytes.baseAddress else {
            watch = nil
            return
        }
        watch = qid_mapping_watch(base, bytes.count)
        guard watch != nil else {
            munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
            throw SystemError(.map, opened.path, .noMemory)
        }
    }

    deinit {
        if let watch { qid_mapping_forget(watch) }
        if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
    }

    /// Makes sure that all that was read since the file was mapped is what was in it then and is now.
    package func checkUnchanged() throws(SystemError) {
        try file.checkUnchanged()
        if let watch, qid_mapping_has_failed(watch) != 0 { throw SystemError(.read, file.location.path, .ioError) }
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
