import FoundationEssentials
import System

/// What one directory holds, sorted by kind; links to files count as files.
struct DirectoryContents {
    private(set) var files: [String] = []
    private(set) var directories: [String] = []
    private(set) var linkedDirectories: [String] = []
    private(set) var linkedFiles: Set<String> = []
    private(set) var brokenLinks: [String] = []
    /// Pipes, sockets and devices.
    private(set) var others: [String] = []
    /// Of any kind, with a control character or not in UTF-8.
    private(set) var unprintable: [String] = []

    /// Lists a directory, without hidden entries, in byte order of the names.
    init(_ directory: URL) throws(SystemError) {
        for name in try names(in: directory) where !name.hasPrefix(".") {
            guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                unprintable.append(name)
                continue
            }
            let location = directory.appending(path: name)
            let isLink = try FileStatus(link: location)?.kind == .link
            var target = try Self.target(of: location)
            // What was listed is there: a file system that says once that it is not, as over a network, is asked again.
            if target == nil { target = try Self.target(of: location) }
            switch target?.kind {
            // A name that is not UTF-8 was read with this in the place of some bytes, so nothing is found by it.
            case nil where name.unicodeScalars.contains("\u{FFFD}"): unprintable.append(name)
            case nil: brokenLinks.append(name)
            case .directory: if isLink { linkedDirectories.append(name) } else { directories.append(name) }
            case .file:
                files.append(name)
                if isLink { linkedFiles.insert(name) }
            case .other: others.append(name)
            case .link: break
            }
        }
    }

    /// What a name leads to; nil of a link that leads to nothing, or to itself.
    private static func target(of location: URL) throws(SystemError) -> FileStatus? {
        do throws(SystemError) { return try FileStatus(location) } catch {
            if error.isLinkLoop { return nil }
            throw error
        }
    }
}
