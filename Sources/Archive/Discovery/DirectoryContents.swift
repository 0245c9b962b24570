import FoundationEssentials
import Glibc

/// What one directory holds, sorted by kind; links to files count as files.
struct DirectoryContents {
    private(set) var files: [String] = []
    private(set) var directories: [String] = []
    private(set) var linkedDirectories: [String] = []
    private(set) var linkedFiles: Set<String> = []
    private(set) var brokenLinks: [String] = []

    /// Lists a directory, without hidden entries, in byte order of the names.
    init(_ directory: URL) throws(ArchiveError) {
        let path = directory.path(percentEncoded: false)
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw .cannotRead(file: path, reason: "not a directory that may be listed")
        }
        for name in names.sorted() where !name.hasPrefix(".") {
            let location = directory.appending(path: name)
            let isLink = FileStatus(link: location)?.isLink ?? false
            switch FileStatus(location) {
            case nil: brokenLinks.append(name)
            case let status? where status.isDirectory:
                if isLink { linkedDirectories.append(name) } else { directories.append(name) }
            case let status? where status.isFile:
                files.append(name)
                if isLink { linkedFiles.insert(name) }
            default: break
            }
        }
    }
}

/// What the system knows about a file.
struct FileStatus {
    /// Which file it is, whatever its names.
    struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    let identity: Identity
    let byteCount: Int
    /// Nanoseconds since 1970.
    let modified: Int
    private let mode: UInt32

    var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
    var isFile: Bool { mode & S_IFMT == S_IFREG }
    var isLink: Bool { mode & S_IFMT == S_IFLNK }

    /// Asks for a file, or for what a link points to; `nil` if there is none.
    init?(_ location: URL) {
        var status = stat()
        guard stat(location.path(percentEncoded: false), &status) == 0 else { return nil }
        self.init(status)
    }

    /// Asks for a link itself.
    init?(link location: URL) {
        var status = stat()
        guard lstat(location.path(percentEncoded: false), &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        byteCount = Int(status.st_size)
        // Seconds since 1970 times 1e9 fit 64 bits until 2262; a file from later wraps and is merely another time.
        modified = Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec)
        mode = status.st_mode
    }
}
