import Archive
import FoundationEssentials
import Testing

/// Everything a reader gives, asked for in pieces of a certain size.
func readAll(_ location: URL, pieceByteCount: Int = 1000) throws(ArchiveError) -> [UInt8] {
    var reader = try ByteReader(path: location)
    return try collect(pieceByteCount) { buffer throws(ArchiveError) in try reader.read(into: buffer) }
}

func collect(
    _ pieceByteCount: Int = 1000, _ read: (UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int
) throws(ArchiveError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 1)
    defer { buffer.deallocate() }
    var bytes: [UInt8] = []
    while true {
        let count = try read(buffer)
        guard count > 0 else { return bytes }
        bytes += buffer.prefix(count)
    }
}
