import Crypto
import FoundationEssentials
import System

extension CheckpointSource {
    /// For each file of weights a digest of its length and of blocks spread over it: files whose digests differ are
    /// different, and those whose digests are equal are the same but for changes between the blocks.
    ///
    /// It costs the same whatever the size of a file.
    package func sampledDigests() throws(ArchiveError) -> [String] {
        let files = form == .tar ? [location] : weights.map { location.appending(path: $0) }
        var digests: [String] = []
        for file in files {
            digests.append(
                try ArchiveError.attempt { () throws(SystemError) in try sampledDigest(ofFile: file) })
        }
        return digests
    }
}

private func sampledDigest(ofFile location: URL) throws(SystemError) -> String {
    let (blockCount, blockBytes) = (64, 4096)
    let file = try MappedFile(location)
    let bytes = file.bytes
    var hash = SHA256()
    hash.update(data: Array("\(bytes.count)\n".utf8))
    if bytes.count <= blockCount * blockBytes {
        hash.update(bufferPointer: bytes)
    } else {
        for block in 0..<blockCount {
            let start = (bytes.count - blockBytes) / (blockCount - 1) * block
            // Slicing checks that the block lies inside of the file.
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + blockBytes)]))
        }
    }
    withExtendedLifetime(file) {}
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
