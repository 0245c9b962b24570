package import Foundation

/// A new empty directory that is removed with this object.
package final class ScratchDirectory {
    package let url: URL

    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "qid-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a file, with the folders above it.
    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws -> URL {
        let location = url.appending(path: name)
        try FileManager.default.createDirectory(
            at: location.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: location)
        return location
    }

    @discardableResult
    package func write(_ text: String, to name: String) throws -> URL { try write(Array(text.utf8), to: name) }

    package func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: url.appending(path: name).path(), withDestinationPath: target)
    }

    package func bytes(of name: String) throws -> [UInt8] { Array(try Data(contentsOf: url.appending(path: name))) }

    package func names(in folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.appending(path: folder).path()).sorted()
    }
}

/// Lends a directory that is removed when `body` has ended.
package func withScratchDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let directory = try ScratchDirectory()
    return try withExtendedLifetime(directory) { try body(directory.url) }
}
