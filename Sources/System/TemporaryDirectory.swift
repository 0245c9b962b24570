package import FoundationEssentials

/// A new directory that is removed with this object.
package final class TemporaryDirectory: Sendable {
    package let location: URL

    /// Makes the directory where the system keeps such, under a name that begins with `prefix` and that nobody else has.
    package init(_ prefix: String) throws(SystemError) {
        location = Surroundings.temporaryDirectory.appending(
            path: "\(prefix)-\(UUID().uuidString)", directoryHint: .isDirectory)
        try makeDirectory(location)
    }

    deinit {
        // What cannot be removed stays in a place that the system clears.
        try? removeTree(location)
    }
}
