package import FoundationEssentials
import System

/// Reads a file's bytes in order, decompressed where the file is gzip or Zstandard by its first bytes.
///
/// Memory: one buffer of 256 KiB and the decoder's window, whatever the file's size. A stream that ends early, is
/// corrupt, or is followed by something else is an error with the place in the file.
package struct ByteReader: ~Copyable {
    private static let bufferByteCount = 1 << 18

    private let file: ReadableFile
    private let buffer: Buffer
    private let decoder: any StreamDecoder
    /// How the file is compressed, if it is.
    package let format: CompressionFormat?
    /// What has been read from the file and not yet taken.
    ///
    /// It lies in `buffer`, which this reader keeps.
    private var input: UnsafeRawBufferPointer
    /// Bytes read from the file so far.
    private var fileOffset: Int
    /// Whether the decoder may hold bytes that did not fit the last output.
    private var isFlushing = false
    /// What may come out of it; nil for whatever there is.
    private var limits: UnpackingLimits?

    /// The file's path, for messages.
    package var path: String { file.path }

    /// Opens a file of an archive, out of which comes no more than its size can account for.
    init(ofArchive location: URL) throws(ArchiveError) {
        try self.init(location, try UnpackingLimits(of: location))
    }

    /// Opens a file and looks at its first bytes.
    package init(path location: URL) throws(ArchiveError) { try self.init(location, nil) }

    private init(_ location: URL, _ limits: UnpackingLimits?) throws(ArchiveError) {
        let file = try ArchiveError.attempt { () throws(SystemError) in try ReadableFile(location) }
        let buffer = Buffer(byteCount: Self.bufferByteCount)
        let count = try Self.read(file, into: buffer)
        // As many bytes as were read, at most the whole buffer.
        let prefix = UnsafeRawBufferPointer(rebasing: buffer.bytes.prefix(count))
        let format = CompressionFormat(prefix: prefix)
        do {
            decoder = try format?.decoder() ?? PlainStream()
        } catch {
            throw ArchiveError(error, file: file.path, offset: 0)
        }
        self.format = format
        self.input = prefix
        self.fileOffset = count
        self.buffer = buffer
        self.file = file
        self.limits = limits
    }

    /// Puts the next bytes into a buffer and returns how many; 0 only at the end of the data.
    package mutating func read(into output: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        while !output.isEmpty {
            if input.isEmpty && !isFlushing {
                guard try refill() else {
                    guard decoder.isComplete else { throw .truncated(file: path, offset: fileOffset) }
                    return 0
                }
            }
            let count: Int
            do {
                count = try decoder.decode(&input, into: output)
            } catch {
                throw ArchiveError(error, file: path, offset: fileOffset - input.count)
            }
            isFlushing = count == output.count && !decoder.isComplete
            try limits?.take(count)
            if count > 0 { return count }
        }
        return 0
    }

    /// Reads on in the file; false at its end.
    private mutating func refill() throws(ArchiveError) -> Bool {
        let count = try Self.read(file, into: buffer)
        // As above.
        input = UnsafeRawBufferPointer(rebasing: buffer.bytes.prefix(count))
        fileOffset += count
        return count > 0
    }

    private static func read(_ file: borrowing ReadableFile, into buffer: Buffer) throws(ArchiveError) -> Int {
        do throws(SystemError) { return try file.read(into: buffer.bytes) } catch { throw .system(error) }
    }
}

/// Memory of a fixed size that is freed with its owner.
final class Buffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 64) }

    deinit { bytes.deallocate() }
}
