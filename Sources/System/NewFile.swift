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

/// A file that this value made, open for writing until it goes.
///
/// Whatever has the name already, a symbolic link too, is an error and stays as it is.
package struct NewFile: ~Copyable, Sendable {
    package let path: String
    private let descriptor: FileDescriptor
    private var isOpen = true

    /// What one call is given.
    ///
    /// Linux copies what comes from another mapped file at 4 GB/s in such pieces, and at 2.3 GB/s where it gets 77 MB at once.
    private static let pieceByteCount = 1 << 20

    package init(_ location: URL) throws(SystemError) {
        let (path, name) = (location.systemPath, location.path)
        descriptor = try SystemError.attempt(.write, name) {
            try FileDescriptor.open(
                path, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: .ofNewFiles)
        }
        self.path = name
    }

    deinit {
        // Who wants to know that everything arrived closes the file or syncs it.
        if isOpen { try? descriptor.close() }
    }

    /// Writes all bytes at the current place.
    package borrowing func write(_ bytes: RawSpan) throws(SystemError) {
        let descriptor = descriptor
        try write(bytes) { piece, _ in try descriptor.write(piece) }
    }

    /// Writes all bytes from an offset on.
    package borrowing func write(_ bytes: RawSpan, at offset: Int) throws(SystemError) {
        let descriptor = descriptor
        try write(bytes) { piece, start in try descriptor.write(toAbsoluteOffset: Int64(offset + start), piece) }
    }

    /// Writes piece after piece; `call` says how much of one it took.
    private borrowing func write(
        _ bytes: RawSpan, _ call: (_ piece: UnsafeRawBufferPointer, _ start: Int) throws -> Int
    ) throws(SystemError) {
        var written = 0
        var hasTouched = false
        while written < bytes.byteCount {
            let piece = bytes.extracting(written..<min(bytes.byteCount, written + Self.pieceByteCount))
            do throws(SystemError) {
                // The bytes are read during the call only.
                written += try piece.withUnsafeBytes { (buffer) throws(SystemError) in
                    try SystemError.attempt(.write, path) { try call(buffer, written) }
                }
                hasTouched = false
            } catch {
                // Bytes of a mapped file that the kernel cannot read: touching them makes them zeros (`MappedFile`).
                guard error.cause == .number(.badAddress), !hasTouched else { throw error }
                hasTouched = true
                touch(piece)
            }
        }
    }

    /// Makes what was written last beyond a power cut.
    package borrowing func synchronize() throws(SystemError) {
        try SystemError.check(.write, path) { fsync(descriptor.rawValue) }
    }

    /// Closes the file: where disks are far away, this is when a full one is heard of.
    package consuming func close() throws(SystemError) {
        isOpen = false
        let descriptor = descriptor
        try SystemError.attempt(.write, path) { try descriptor.close() }
    }
}

/// Reads a byte of each page.
private func touch(_ bytes: RawSpan) {
    // The pointer is used during the call only.
    bytes.withUnsafeBytes { qid_mapping_touch($0.baseAddress, $0.count) }
}

extension FilePermissions {
    /// The owner writes, everybody reads.
    static let ofNewFiles: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
}

/// Writes a new file whole and syncs it; what is there already, a symbolic link too, is an error and stays as it is.
package func writeFile(_ bytes: [UInt8], to location: URL) throws(SystemError) {
    let file = try NewFile(location)
    try file.write(bytes.span.bytes)
    try file.synchronize()
    try file.close()
}

/// Replaces a file whole, for the few that are views of others.
///
/// Written under the name `draft` of the same file system, beside the place if nil.
package func replaceFile(_ bytes: [UInt8], at place: URL, draft: URL? = nil) throws(SystemError) {
    let draft = draft ?? temporaryName(beside: place)
    do throws(SystemError) {
        try writeFile(bytes, to: draft)
        try rename(draft, to: place)
    } catch {
        // The first error is the one to tell of.
        try? removeFile(draft)
        throw error
    }
}

/// Adds a line to a file in one write, so that lines of several processes do not mix, and syncs it.
package func appendLine(_ line: String, to location: URL) throws(SystemError) {
    let (path, name) = (location.systemPath, location.path)
    let bytes = Array((line + "\n").utf8)
    let written = try SystemError.attempt(.write, name) {
        let descriptor = try FileDescriptor.open(
            path, .writeOnly, options: [.append, .create, .noFollow, .closeOnExec], permissions: .ofNewFiles)
        return try descriptor.closeAfter {
            let count = try bytes.withUnsafeBytes { try descriptor.write($0) }
            // A device that cannot be synced has nothing to lose.
            guard fsync(descriptor.rawValue) == 0 || Errno.last == .invalidArgument else { throw Errno.last }
            return count
        }
    }
    guard written == bytes.count else { throw SystemError(.write, name, .noSpace) }
}
