import FoundationEssentials
import System

extension CheckpointSource {
    /// Bytes that unpacking the source would write, found by decompressing it once; 0 for what is used as it is.
    ///
    /// A source that cannot be read to its end counts as far as it goes: unpacking says what is wrong with it.
    package func unpackedByteCount() -> Int {
        switch form {
        case .directory, .ggufFile: 0
        case .compressedDirectory: (weights + companions).reduce(0) { $0 + byteCount(of: location.appending(path: $1)) }
        case .tar: byteCountOfMembers()
        }
    }

    private func byteCount(of file: URL) -> Int {
        var sum = 0
        let buffer = Buffer(byteCount: 1 << 18)
        do throws(ArchiveError) {
            var reader = try ByteReader(ofArchive: file)
            while true {
                let count = try reader.read(into: buffer.bytes)
                guard count > 0 else { return sum }
                sum += count
            }
        } catch { return sum }
    }

    private func byteCountOfMembers() -> Int {
        var sum = 0
        do throws(ArchiveError) {
            var reader = try TarReader(path: location)
            while let entry = try reader.next() {
                let name = String(entry.path.split(separator: "/").last ?? "")
                if FileNames.weights(name) == name || FileNames.isCompanion(name) { sum += entry.byteCount }
            }
            return sum
        } catch { return sum }
    }
}
