import FoundationEssentials

extension CheckpointSource {
    /// Makes sure that files which are links into a Hugging Face cache's `blobs/` hold what the blobs' names say.
    ///
    /// A blob of 64 hexadecimal digits is named by its SHA-256 (files in Git LFS or Xet), one of 40 by the SHA-1 of a Git blob:
    /// of `blob <byte count>`, a zero byte and the file.
    package func checkBlobs() throws(ArchiveError) {
        guard form != .tar else { return }
        for file in files {
            let blob = file.resolvingSymlinksInPath()
            let name = blob.lastPathComponent
            guard blob.deletingLastPathComponent().lastPathComponent == "blobs", name.utf8.allSatisfy(isHexDigit) else {
                continue
            }
            let found: String
            switch name.utf8.count {
            case 64: found = try sha256(ofFile: blob)
            case 40: found = try gitDigest(ofFile: blob)
            default: continue
            }
            guard found == name else {
                throw .wrongBlob(file: file.path(percentEncoded: false), expected: name, found: found)
            }
        }
    }
}

private func isHexDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }
