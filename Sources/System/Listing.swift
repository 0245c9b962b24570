package import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The names in a directory, in the order of their bytes, without `.` and `..`.
///
/// A directory that is not there or cannot be read to its end is an error, never an empty one.
package func names(in directory: URL) throws(SystemError) -> [String] {
    while true {
        // A listing that a signal interrupts has no place to go on from.
        do throws(SystemError) { return try listing(of: directory) } catch {
            guard error.cause == .number(.interrupted) else { throw error }
        }
    }
}

private func listing(of directory: URL) throws(SystemError) -> [String] {
    let path = directory.systemPath
    guard let stream = path.withPlatformString({ opendir($0) }) else {
        throw SystemError(.list, directory.path, Errno.last)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
        // The end and a failure look the same but for this number.
        errno = 0
        guard let entry = readdir(stream) else {
            guard errno == 0 else { throw SystemError(.list, directory.path, Errno.last) }
            return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
        // The name ends with a zero byte inside the record, which lasts until the next one is read.
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
                String(cString: $0)
            }
        }
        if name != "." && name != ".." { names.append(name) }
    }
}

/// The names in a directory, in the order of their bytes; none where nothing has its name.
package func namesIfThere(in directory: URL) throws(SystemError) -> [String] {
    do { return try names(in: directory) } catch {
        if error.isMissing { return [] }
        throw error
    }
}
