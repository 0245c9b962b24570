import Crypto
package import FoundationEssentials
import System

/// The SHA-256 of a file's bytes as they are, in 64 hexadecimal digits; memory stays flat.
package func sha256(ofFile location: URL) throws(ArchiveError) -> String {
    var hash = SHA256()
    do throws(SystemError) {
        let file = try ReadableFile(location)
        let buffer = Buffer(byteCount: 1 << 18)
        while true {
            let count = try file.read(into: buffer.bytes)
            guard count > 0 else { break }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer.bytes.prefix(count)))
        }
    } catch { throw .system(error) }
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
