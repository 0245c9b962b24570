import CZstd

/// Decodes Zstandard (RFC 8878): any number of frames and skippable frames, one after the other.
///
/// The window is capped at 128 MiB, as zstd(1) does unless it is asked for more, so a frame cannot ask for memory.
final class ZstandardStream: StreamDecoder {
    static let windowLogLimit = 27

    private let stream: OpaquePointer
    /// What the decoder still wants of the current frame; 0 between frames.
    private var wanted = 0

    init() throws(StreamFault) {
        guard let stream = ZSTD_createDCtx() else { throw .outOfMemory }
        self.stream = stream
        _ = ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Int32(Self.windowLogLimit))
    }

    deinit { ZSTD_freeDCtx(stream) }

    /// Whether the data may end here.
    var isComplete: Bool { wanted == 0 }

    /// Decodes what fits: takes bytes off the input's front, returns the number of bytes put into the output.
    func decode(
        _ input: inout UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(StreamFault) -> Int {
        // Between frames there is nothing left to flush, and an empty input would count as a frame begun.
        if wanted == 0 && input.isEmpty { return 0 }
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let result = ZSTD_decompressStream(stream, &target, &source)
        // What zstd left of the same bytes.
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(source.pos))
        guard ZSTD_isError(result) == 0 else { throw Self.fault(result) }
        wanted = result
        return target.pos
    }

    private static func fault(_ result: Int) -> StreamFault {
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_frameParameter_windowTooLarge: .windowTooLarge
        case ZSTD_error_memory_allocation: .outOfMemory
        default: .corrupt(reason: String(cString: ZSTD_getErrorName(result)).lowercased())
        }
    }
}
