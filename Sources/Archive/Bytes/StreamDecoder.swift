/// Turns the bytes of a file into the bytes they stand for, piece by piece.
protocol StreamDecoder: AnyObject {
    /// Whether the data may end here.
    var isComplete: Bool { get }

    /// Decodes what fits: takes bytes off the input's front, returns the number of bytes put into the output.
    /// Both are lent for the call: files are larger than an array should be, and zlib and zstd take pointers.
    func decode(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(StreamFault) -> Int
}

/// Why a stream cannot be decoded further; whoever reads the file adds its name and the place.
enum StreamFault: Error, Equatable {
    case corrupt(reason: String)
    case windowTooLarge
    case trailingBytes
    case outOfMemory
}

/// Bytes that stand for themselves.
final class PlainStream: StreamDecoder {
    let isComplete = true

    func decode(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(StreamFault) -> Int {
        let taken = input.prefix(output.count)
        // `taken` is at most as long as the output.
        output.copyMemory(from: UnsafeRawBufferPointer(rebasing: taken))
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(taken.count))
        return taken.count
    }
}
