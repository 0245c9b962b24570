package import FoundationEssentials
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What the system knows about a file.
package struct FileStatus: Sendable, Hashable {
    /// Which file it is, whatever its names.
    package struct Identity: Sendable, Hashable {
        package let device: UInt64
        package let inode: UInt64
    }

    package enum Kind: Sendable {
        case file, directory, link
        /// A pipe, socket or device.
        case other
    }

    package let identity: Identity
    package let kind: Kind
    package let byteCount: Int
    /// Bytes that it takes on its disk, which a disk's usage is the sum of.
    package let allocatedByteCount: Int
    /// When its bytes were last changed, in nanoseconds since 1970.
    package let modified: Int
    /// When its bytes, names or rights were last changed, in nanoseconds since 1970.
    package let changed: Int

    /// Asks for a file, or for what a link leads to; nil where nothing has the name.
    ///
    /// That it cannot be looked at is an error, never "nothing": rights, a broken disk, a loop of links.
    package init?(_ location: URL) throws(SystemError) { try self.init(location, followsLinks: true) }

    /// Asks for a file that must be there, or for what a link leads to.
    package init(of location: URL) throws(SystemError) {
        guard let status = try FileStatus(location) else {
            throw SystemError(.inspect, location.path, .noSuchFileOrDirectory)
        }
        self = status
    }

    /// Asks for a file, or for a link itself; nil where nothing has the name.
    package init?(link location: URL) throws(SystemError) { try self.init(location, followsLinks: false) }

    private init?(_ location: URL, followsLinks: Bool) throws(SystemError) {
        let path = location.systemPath
        do throws(Errno) {
            self.init(try Stat(path, followTargetSymlink: followsLinks))
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw SystemError(.inspect, location.path, error)
        }
    }

    init(_ status: Stat) {
        identity = Identity(
            device: UInt64(truncatingIfNeeded: status.deviceID.rawValue),
            inode: UInt64(truncatingIfNeeded: status.inode.rawValue))
        kind =
            switch status.type {
            case .regular: .file
            case .directory: .directory
            case .symbolicLink: .link
            default: .other
            }
        byteCount = Int(clamping: status.size)
        allocatedByteCount = Int(clamping: status.blocksAllocated).multipliedReportingOverflow(by: 512).partialValue
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    /// Seconds since 1970 times 1e9 fit 64 bits until 2262; a file from later wraps and is merely another time.
    private static func nanoseconds(_ time: timespec) -> Int {
        Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec)
    }
}

/// Whether something is at this place; that it cannot be looked at is an error.
package func exists(_ place: URL) throws(SystemError) -> Bool { try FileStatus(place) != nil }
