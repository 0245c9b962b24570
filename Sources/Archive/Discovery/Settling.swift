package import FoundationEssentials
import System

/// Decides whether a source is whole or still being written, so that it can be left for the next time.
///
/// Nothing waits: a fresh copy of an archive is taken at once. A source counts as being written if
/// - a process of this machine has one of its files open for writing, or
/// - its files changed while they were read, or
/// - its data ended early and a file was changed less than `settleTime` ago (somebody writes from another machine).
///
/// Files named `….part`, `….tmp` and so on are no sources in the first place. Data that ends early in files nobody
/// has touched for `settleTime` is a defect.
package struct Settling: Sendable {
    /// How long the files must have been left alone before an early end counts as a defect.
    package var settleTime: Duration

    package init(settleTime: Duration = .seconds(10)) { self.settleTime = settleTime }

    /// Says which file a process of this machine is writing to, before any of it is read.
    package func writtenFile(of source: CheckpointSource) -> String? {
        source.files.first(where: isOpenForWriting)?.lastPathComponent
    }

    /// Why a source that has been read is to be left for the next time; `nil` if it has settled.
    ///
    /// That its files cannot be looked at now is an error; one that has gone is a change.
    package func reasonToWait(
        for source: CheckpointSource, since before: SourceFingerprint, endedEarly: Bool, now: Date = Date()
    ) throws(ArchiveError) -> String? {
        let after: SourceFingerprint
        do throws(ArchiveError) { after = try source.fingerprint() } catch {
            guard case .system(let system) = error, system.isMissing else { throw error }
            return system.description
        }
        guard after == before else { return "a file changed while it was read" }
        if let name = writtenFile(of: source) { return "'\(name)' is open for writing" }
        let age = now.timeIntervalSince1970 - Double(after.modified) / 1e9
        // A clock that runs behind must not make files from the future wait for ever.
        let limit = Double(settleTime.components.seconds) + Double(settleTime.components.attoseconds) / 1e18
        guard endedEarly, abs(age) < limit else { return nil }
        return "it ends early and was changed less than \(limit) seconds ago"
    }
}
