import Archive
import FoundationEssentials

/// Reads a file whole, decompressed where it is compressed, up to a limit.
func readAll(_ file: URL, limit: Int) throws(TokenizationError) -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(ArchiveError) {
        var reader = try ByteReader(path: file)
        while try reader.read(appendingTo: &bytes, atMost: 1 << 18) > 0 {
            if bytes.count > limit { break }
        }
    } catch {
        throw .archive(error)
    }
    guard bytes.count <= limit else { throw .tooLarge(file: file.path, limit: limit) }
    return bytes
}

extension ByteReader {
    /// Reads until an array has a number of bytes, or to the end of the file.
    mutating func read(into bytes: inout [UInt8], until count: Int) throws(ArchiveError) {
        while bytes.count < count {
            if try read(appendingTo: &bytes, atMost: count - bytes.count) == 0 { return }
        }
    }

    /// Reads up to `atMost` bytes onto the end of an array, and says how many; 0 is the end.
    mutating func read(appendingTo bytes: inout [UInt8], atMost: Int) throws(ArchiveError) -> Int {
        let old = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: atMost))
        var outcome: Result<Int, ArchiveError> = .success(0)
        bytes.withUnsafeMutableBytes { whole in
            // The new part of the array and no more; the pointer does not leave this closure.
            let target = UnsafeMutableRawBufferPointer(rebasing: whole[old...])
            do throws(ArchiveError) {
                outcome = .success(try read(into: target))
            } catch {
                outcome = .failure(error)
            }
        }
        let count = try outcome.get()
        bytes.removeLast(atMost - count)
        return count
    }
}
