package import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Syncs a file, or a directory so that the names in it survive a power cut; not every file system can do the latter.
package func synchronize(_ place: URL) throws(SystemError) {
    let (path, name) = (place.systemPath, place.path)
    let descriptor = try SystemError.attempt(.write, name) {
        try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    }
    defer { try? descriptor.close() }
    do throws(SystemError) {
        try SystemError.check(.write, name) { fsync(descriptor.rawValue) }
    } catch {
        guard error.cause == .number(.invalidArgument) else { throw error }
    }
}

/// Syncs a directory with all files and directories below it; what symbolic links lead to belongs to others.
package func synchronizeTree(_ directory: URL) throws(SystemError) {
    for name in try names(in: directory) {
        let place = directory.appending(path: name)
        switch try FileStatus(link: place)?.kind {
        case .directory: try synchronizeTree(place)
        case .file: try synchronize(place)
        default: break
        }
    }
    try synchronize(directory)
}
