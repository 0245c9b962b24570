import Archive
import FoundationEssentials
import Pipeline
import System

/// The digests of an artifact directory's files, in the format of sha256sum(1): `sha256sum -c SHA256SUMS` checks them too.
enum Checksums {
    static let name = "SHA256SUMS"

    /// Writes the digests of all files in a directory that is about to be published.
    static func write(in directory: URL) throws(StageError) {
        var lines = ""
        for name in try names(in: directory) where name != Self.name {
            let digest = try attempt { () throws(ArchiveError) in
                try sha256(ofFile: directory.appending(path: name))
            }
            lines += "\(digest)  \(name)\n"
        }
        try attempt { () throws(SystemError) in
            try writeFile(Array(lines.utf8), to: directory.appending(path: Self.name))
        }
    }

    /// Makes sure that an artifact is what was published.
    static func verify(_ directory: URL) throws(StageError) {
        let list = directory.appending(path: name)
        guard let bytes = try attempt({ () throws(SystemError) in try readFileIfThere(list) }) else {
            throw .workspace(.corrupt(path: directory.path, reason: "it has no \(name)"))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        var unlisted = Set(try names(in: directory)).subtracting([name])
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            guard parts.count == 2, parts[0].count == 64 else {
                throw .workspace(.corrupt(path: list.path, reason: "line '\(line)' is not a digest and a name"))
            }
            let listed = String(parts[1].drop { $0 == " " })
            guard unlisted.remove(listed) != nil else {
                throw .workspace(.corrupt(path: directory.path, reason: "'\(listed)' of \(name) is not there"))
            }
            let file = directory.appending(path: listed)
            let found = try attempt { () throws(ArchiveError) in try sha256(ofFile: file) }
            guard found == parts[0] else {
                throw .workspace(
                    .corrupt(
                        path: directory.path,
                        reason: "SHA-256 of '\(file.lastPathComponent)' is \(found), not \(parts[0])"))
            }
        }
        if let other = unlisted.min() {
            throw .workspace(.corrupt(path: directory.path, reason: "\(name) does not list '\(other)'"))
        }
    }
}
