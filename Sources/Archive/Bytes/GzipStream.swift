import CZlib

/// Decodes gzip (RFC 1952): any number of members, one after the other, as gzip(1) reads them.
///
/// Zeros after a member are padding. Other bytes there are an error, where gzip(1) would ignore them with a warning.
final class GzipStream: StreamDecoder {
    private enum State { case insideMember, betweenMembers, padding }

    /// On the heap because zlib remembers the address of its state.
    private let stream: UnsafeMutablePointer<z_stream>
    private var state = State.insideMember

    init() throws(StreamFault) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // `deinit` runs after this error as well: every stored property has its value.
        guard qid_inflate_init_gzip(stream) == Z_OK else { throw .outOfMemory }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Whether the data may end here.
    var isComplete: Bool { state != .insideMember }

    /// Decodes what fits: takes bytes off the input's front, returns the number of bytes put into the output.
    func decode(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(StreamFault) -> Int {
        if state != .insideMember, let first = input.first { try begin(first) }
        guard state == .insideMember else {
            guard input.allSatisfy({ $0 == 0 }) else { throw .trailingBytes }
            input = UnsafeRawBufferPointer(start: nil, count: 0)
            return 0
        }
        return try inflate(&input, into: output)
    }

    /// Decides what the first byte after a member begins.
    private func begin(_ first: UInt8) throws(StreamFault) {
        switch (state, first) {
        case (_, 0): state = .padding
        case (.betweenMembers, 0x1f):
            inflateReset(stream)
            state = .insideMember
        default: throw .trailingBytes
        }
    }

    private func inflate(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(StreamFault) -> Int {
        let available = min(input.count, 1 << 30)
        let capacity = min(output.count, 1 << 30)
        // zlib declares its input as mutable and does not write to it.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(available)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(capacity)
        let result = CZlib.inflate(stream, Z_NO_FLUSH)
        // What zlib left of the same bytes.
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(available - Int(stream.pointee.avail_in)))
        switch result {
        case Z_STREAM_END: state = .betweenMembers
        case Z_OK, Z_BUF_ERROR: break
        case Z_MEM_ERROR: throw .outOfMemory
        default:
            throw .corrupt(reason: stream.pointee.msg.map { String(cString: $0) } ?? "invalid data")
        }
        return capacity - Int(stream.pointee.avail_out)
    }
}
