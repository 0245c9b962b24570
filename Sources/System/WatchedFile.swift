package import FoundationEssentials
import SystemPackage

/// A file as it was when it was looked at, to be looked at again before anything made from it is kept.
///
/// It is the same as long as its name leads to the same inode with the same size and the same times, that of the last change
/// of its inode among them, which nobody can set back.
package struct WatchedFile: Sendable {
    package let location: URL
    package let status: FileStatus

    /// Looks at a file that must be there.
    package init(_ location: URL) throws(SystemError) { self.init(location, try FileStatus(of: location)) }

    init(_ location: URL, _ status: FileStatus) {
        self.location = location
        self.status = status
    }

    /// Makes sure that the file is the one that was looked at.
    package func checkUnchanged() throws(SystemError) {
        guard let now = try FileStatus(location), now.isOfSameBytes(as: status) else {
            throw SystemError(.read, location.resolvingSymlinksInPath().path, .changed)
        }
    }
}

extension FileStatus {
    /// Whether nobody touched the file in between; what it takes on the disk settles later by itself.
    fileprivate func isOfSameBytes(as other: FileStatus) -> Bool {
        identity == other.identity && kind == other.kind && byteCount == other.byteCount && modified == other.modified
            && changed == other.changed
    }
}
