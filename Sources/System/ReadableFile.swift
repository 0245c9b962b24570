package import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file that is open for reading until this value goes.
package struct ReadableFile: ~Copyable, Sendable {
    package let path: String
    private let descriptor: FileDescriptor

    /// Opens a file; a pipe, socket or device, which may never end or wait for ever, is refused.
    package init(_ location: URL) throws(SystemError) {
        let (path, name) = (location.systemPath, location.path)
        // Opening a pipe would wait for somebody to write into it; for files the option means nothing.
        let opened = try SystemError.attempt(.read, name) {
            try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
        }
        do throws(SystemError) {
            guard try Self.status(opened, name).kind != .other else {
                throw SystemError(.read, name, .notARegularFile)
            }
        } catch {
            try? opened.close()
            throw error
        }
        descriptor = opened
        self.path = name
    }

    deinit {
        // Nothing was written that closing could lose.
        try? descriptor.close()
    }

    /// Reads the next bytes, at most a buffer full; 0 at the end.
    package borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        let descriptor = descriptor
        return try SystemError.attempt(.read, path) { try descriptor.read(into: buffer) }
    }

    /// Reads bytes from an offset on, at most a buffer full; 0 behind the end.
    package borrowing func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SystemError) -> Int {
        let descriptor = descriptor
        return try SystemError.attempt(.read, path) {
            try descriptor.read(fromAbsoluteOffset: Int64(offset), into: buffer)
        }
    }

    /// Reads the next bytes into an array's elements from `start` on.
    fileprivate borrowing func read(into bytes: inout [UInt8], from start: Int) throws(SystemError) -> Int {
        let descriptor = descriptor
        return try SystemError.attempt(.read, path) {
            // The array's own memory behind what was read before, for the time of the call.
            try bytes.withUnsafeMutableBytes { whole in
                try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: whole[start...]))
            }
        }
    }

    /// What the system knows about the open file, whatever has its name by now.
    package borrowing func status() throws(SystemError) -> FileStatus { try Self.status(descriptor, path) }

    private static func status(_ descriptor: FileDescriptor, _ path: String) throws(SystemError) -> FileStatus {
        do throws(Errno) { return FileStatus(try Stat(descriptor)) } catch {
            throw SystemError(.inspect, path, error)
        }
    }

    /// Maps the whole file read-only; nil of an empty one, which cannot be mapped.
    borrowing func map(byteCount: Int) throws(SystemError) -> UnsafeRawBufferPointer? {
        guard byteCount > 0 else { return nil }
        guard let base = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor.rawValue, 0), base != MAP_FAILED
        else { throw SystemError(.map, path, Errno.last) }
        return UnsafeRawBufferPointer(start: base, count: byteCount)
    }
}

/// The whole of a file; nil where nothing has its name.
package func readFileIfThere(_ location: URL) throws(SystemError) -> [UInt8]? {
    do throws(SystemError) { return try readFile(location) } catch {
        if error.isMissing { return nil }
        throw error
    }
}

/// The whole of a file that is not larger than a limit.
package func readFile(_ location: URL, limit: Int = 1 << 30) throws(SystemError) -> [UInt8] {
    let file = try ReadableFile(location)
    let expected = try file.status().byteCount
    guard expected <= limit else { throw SystemError(.read, file.path, .tooLarge(limit: limit)) }
    // Room for one byte more shows at once that there are no more.
    var bytes = [UInt8](repeating: 0, count: expected + 1)
    var count = 0
    while true {
        guard count <= limit else { throw SystemError(.read, file.path, .tooLarge(limit: limit)) }
        if count == bytes.count { bytes.append(contentsOf: repeatElement(0, count: max(count, 1 << 16))) }
        let read = try file.read(into: &bytes, from: count)
        guard read > 0 else {
            bytes.removeLast(bytes.count - count)
            return bytes
        }
        count += read
    }
}
