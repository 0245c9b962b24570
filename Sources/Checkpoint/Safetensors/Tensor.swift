/// One tensor of an open checkpoint: what it is, and its bytes in the mapped file.
// @unchecked Sendable because the bytes are read-only and `mapping` keeps them in place.
package struct Tensor: @unchecked Sendable {
    package let info: TensorInfo
    /// Keeps the bytes in place for as long as anybody holds it.
    package let mapping: any AnyObject & Sendable
    /// The address of the first value, valid while `mapping` lives.
    ///
    /// Files older than the header's padding put it anywhere, so it may be no multiple of the element's size: use
    /// unaligned loads.
    package let baseAddress: UnsafeRawPointer
    /// How the bytes are a weight in ggml's blocks; nil where they are elements of the type.
    package var blocks: BlockForm?

    package var byteCount: Int { info.byteRange.count }

    /// Lends the tensor's bytes.
    package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(mapping) {} }
        // The bytes of the tensor, which were checked to lie in the file when its header was read.
        return try body(UnsafeRawBufferPointer(start: baseAddress, count: byteCount))
    }
}
