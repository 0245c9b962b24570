package import FoundationEssentials

/// A new directory for synthetic files, removed with this object.
package final class TemporaryDirectory {
    package let location: URL

    package init() throws(BenchmarkError) {
        location = FileManager.default.temporaryDirectory.appending(path: "qid-bench-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: location, withIntermediateDirectories: true)
        } catch { throw .cannotWrite(path: location.path(percentEncoded: false)) }
    }

    deinit { try? FileManager.default.removeItem(at: location) }

    /// Writes a file into the directory.
    package func write(_ bytes: Data, _ name: String) throws(BenchmarkError) -> URL {
        let file = location.appending(path: name)
        do { try bytes.write(to: file) } catch { throw .cannotWrite(path: file.path(percentEncoded: false)) }
        return file
    }
}
