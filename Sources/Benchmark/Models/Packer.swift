package import FoundationEssentials
import System

/// A command that packs files: the other implementation whose output ours unpacks.
package enum Packer: String, Sendable, CaseIterable {
    case gzip
    case zstd

    /// Packs a file beside itself; nil where the command is not there or fails.
    package func pack(_ file: URL) -> URL? {
        let packed = file.appendingPathExtension(self == .gzip ? "gz" : "zst")
        let command = Command(rawValue, ["-q", "-k", self == .gzip ? "-6" : "-3", file.path])
        return (try? command.run()) == .exited(status: 0) ? packed : nil
    }
}
