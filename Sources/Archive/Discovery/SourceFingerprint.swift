import FoundationEssentials
import System

/// What a source's files look like from outside: equal as long as nobody has touched them.
///
/// Names, sizes, times of the last change to the nanosecond, and which files they are on the disk. Two different
/// fingerprints of one source mean that it changed in between.
package struct SourceFingerprint: Sendable, Hashable {
    package struct File: Sendable, Hashable {
        package let name: String
        package let byteCount: Int
        /// Nanoseconds since 1970.
        package let modified: Int
        package let inode: UInt64
    }

    package let files: [File]

    /// When the youngest file was last changed, in nanoseconds since 1970.
    package var modified: Int { files.map(\.modified).max() ?? 0 }

    /// One line a file, to be stored and compared.
    package var text: String {
        files.map { "\($0.name)\t\($0.byteCount)\t\($0.modified)\t\($0.inode)\n" }.joined()
    }
}

extension CheckpointSource {
    /// Looks at the source's files as they are now.
    package func fingerprint() throws(ArchiveError) -> SourceFingerprint {
        var files: [SourceFingerprint.File] = []
        for location in self.files {
            let status = try ArchiveError.attempt { () throws(SystemError) in try FileStatus(of: location) }
            files.append(
                .init(
                    name: location.lastPathComponent, byteCount: status.byteCount, modified: status.modified,
                    inode: status.identity.inode))
        }
        return SourceFingerprint(files: files)
    }
}
