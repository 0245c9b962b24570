import Crypto
package import FoundationEssentials
import System

/// The SHA-256 of a file's bytes as they are, in 64 hexadecimal digits; memory stays flat.
package func sha256(ofFile location: URL) throws(ArchiveError) -> String {
    try digest(SHA256(), ofFile: location)
}

/// The name that Git gives a file's content: the SHA-1 of `blob <byte count>`, a zero byte and the content.
func gitDigest(ofFile location: URL) throws(ArchiveError) -> String {
    let status = try ArchiveError.attempt { () throws(SystemError) in try FileStatus(of: location) }
    var hash = Insecure.SHA1()
    hash.update(data: Array("blob \(status.byteCount)\0".utf8))
    return try digest(hash, ofFile: location)
}

/// Goes on with a digest over a file's bytes; hexadecimal.
private func digest(_ start: some HashFunction, ofFile location: URL) throws(ArchiveError) -> String {
    var hash = start
    do throws(SystemError) {
        let file = try ReadableFile(location)
        let buffer = Buffer(byteCount: 1 << 18)
        while true {
            let count = try file.read(into: buffer.bytes)
            guard count > 0 else { break }
            // As many bytes as were read; hashed during the call.
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer.bytes.prefix(count)))
        }
    } catch { throw .system(error) }
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
