import Checkpoint
import Compression
import FoundationEssentials

#if canImport(Darwin)
    private import Darwin
#else
    private import Glibc
#endif

extension WeightStore {
    /// The checkpoint's directory, for messages.
    var name: String { checkpoint.directory.path(percentEncoded: false) }

    /// Whether a tensor is the same as one of another checkpoint, bit for bit; compressed ones count as different.
    func sharesTensor(_ name: String, with other: WeightStore, named otherName: String) -> Bool {
        guard let mine = checkpoint.tensors[name], let theirs = other.checkpoint.tensors[otherName] else {
            return false
        }
        guard mine.info.type == theirs.info.type, mine.info.shape == theirs.info.shape else { return false }
        if mine.baseAddress == theirs.baseAddress { return true }
        return mine.withBytes { bytes in theirs.withBytes { Self.equal(bytes, $0) } }
    }

    private static func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard let first = a.baseAddress, let second = b.baseAddress else { return a.count == b.count }
        return a.count == b.count && memcmp(first, second, a.count) == 0
    }
}
