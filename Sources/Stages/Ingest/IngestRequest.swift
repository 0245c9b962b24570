package import Compression
package import FoundationEssentials
package import Pipeline

/// An archive to look through, with what a person knows about it.
package struct IngestRequest: Sendable {
    package let archive: URL
    package let rule: IngestRule
    /// Only these steps; all if nil.
    package let steps: Set<Int>?

    package init(archive: URL, rule: IngestRule, steps: Set<Int>?) {
        self.archive = archive
        self.rule = rule
        self.steps = steps
    }

    /// The archives of a manifest.
    static func requests(_ manifest: Manifest) -> [IngestRequest] { requests(manifest.archives) }

    /// The archives of a manifest's or a lock's file.
    package static func requests(manifest file: URL) throws(StageError) -> [IngestRequest] {
        if let lock = try readLock(file) { return requests(lock.archives) }
        return requests(try attempt { () throws(ManifestError) in try Manifest(file: file) })
    }

    static func requests(_ archives: [Manifest.Archive]) -> [IngestRequest] {
        archives.map { IngestRequest(archive: $0.path, rule: $0.rule, steps: $0.steps) }
    }
}

/// The compression that a command-line option declares models to be trained under.
package func nativeSpec(option text: String) throws(StageError) -> NativeSpec {
    try attempt { () throws(ManifestError) in try NativeSpec(option: text) }
}
