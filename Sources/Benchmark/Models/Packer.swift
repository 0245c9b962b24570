package import FoundationEssentials
import Glibc

/// A command that packs files: the other implementation whose output ours unpacks.
package enum Packer: String, Sendable, CaseIterable {
    case gzip
    case zstd

    /// Packs a file beside itself; nil where the command is not there or fails.
    package func pack(_ file: URL) -> URL? {
        let path = file.path(percentEncoded: false)
        let packed = file.appendingPathExtension(self == .gzip ? "gz" : "zst")
        guard run(["-q", "-k", self == .gzip ? "-6" : "-3", path]) == 0 else { return nil }
        return packed
    }

    /// The exit status of the command, nil if it could not be started.
    private func run(_ arguments: [String]) -> Int32? {
        var strings = ([rawValue] + arguments).map { strdup($0) } + [nil]
        defer { for string in strings { free(string) } }
        var process: pid_t = 0
        guard posix_spawnp(&process, rawValue, nil, nil, &strings, environ) == 0 else { return nil }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return nil }
        }
        // A process that a signal ended has its number in the low bits, one that exited its status above them.
        return status
    }
}
