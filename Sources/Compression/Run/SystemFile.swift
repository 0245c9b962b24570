import Checkpoint
import FoundationEssentials
import Glibc

extension CompressionError {
    /// The system's words for an error number, and the number.
    static func reason(_ number: Int32) -> String {
        "\(String(cString: strerror(number))) (errno \(number))"
    }
}

/// Small files read and written whole.
enum SystemFile {
    /// The error number of the system call that failed last on this thread, for errors that come wrapped.
    static var lastError: Int32 { errno }

    /// Writes a new file.
    static func write(_ bytes: [UInt8], to url: URL) throws(CompressionError) {
        do throws(CheckpointError) {
            let file = try FileWriter(creating: url)
            try bytes.withUnsafeBufferPointer { (buffer) throws(CheckpointError) in
                try file.write(UnsafeRawBufferPointer(buffer), at: 0)
            }
            try file.close()
        } catch { throw .checkpoint(error) }
    }

    /// The bytes of a file.
    static func read(_ url: URL) throws(CompressionError) -> [UInt8] {
        do { return Array(try Data(contentsOf: url)) } catch {
            throw .cannotRead(path: url.path(percentEncoded: false), errno: lastError)
        }
    }
}
