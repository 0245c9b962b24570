import Checkpoint
import Kernels

/// The bytes of a stored tensor, and who keeps them alive.
///
/// Every reading is within them, whatever a file says.
///
/// `@unchecked Sendable` because nobody writes the bytes any more.
struct TensorBytes: @unchecked Sendable {
    let count: Int
    private let base: UnsafeRawPointer
    private let owner: any AnyObject & Sendable

    init(_ tensor: Tensor) { (base, count, owner) = (tensor.baseAddress, tensor.byteCount, tensor.mapping) }

    init(_ storage: StoredBytes) {
        (base, count, owner) = (UnsafeRawPointer(storage.base), storage.byteCount, storage)
    }

    /// Lends all bytes.
    @inline(__always)
    func withSpan<R>(_ body: (RawSpan) -> R) -> R {
        // Sound because the owner, which this value holds, keeps so many bytes.
        body(RawSpan(_unsafeStart: base, byteCount: count))
    }

    /// Lends the bytes of one of some rows that are all of one length.
    @inline(__always)
    func withRow<R>(_ row: Int, byteCount: Int, _ body: (RawSpan) -> R) -> R {
        withSpan { body($0.extracting(row * byteCount..<(row + 1) * byteCount)) }
    }

    /// The number at an offset, which need not be aligned.
    @inline(__always)
    func number<Number: BitwiseCopyable>(_ type: Number.Type, at offset: Int) -> Number {
        withSpan { $0.number(type, at: offset) }
    }

    /// One of the scales that the tensor holds.
    @inline(__always)
    func scale(_ index: Int, _ type: ScaleType) -> Float { withSpan { type.decode($0, index) } }
}
