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

    /// Whether a tensor is the same in another checkpoint, bit for bit; compressed ones count as different.
    func sharesTensor(_ name: String, with other: WeightStore) -> Bool {
        guard let mine = checkpoint.tensors[name], let theirs = other.checkpoint.tensors[name] else { return false }
        guard mine.info.type == theirs.info.type, mine.info.shape == theirs.info.shape else { return false }
        if mine.baseAddress == theirs.baseAddress { return true }
        return mine.withBytes { bytes in theirs.withBytes { Self.equal(bytes, $0) } }
    }

    private static func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard let first = a.baseAddress, let second = b.baseAddress else { return a.count == b.count }
        return a.count == b.count && memcmp(first, second, a.count) == 0
    }
}

extension DecoderDescription {
    /// The first way in which another model differs.
    func difference(from other: DecoderDescription) -> String {
        if modelType != other.modelType { return "it is of the family '\(other.modelType)', not '\(modelType)'" }
        if width != other.width { return "its width is \(other.width), not \(width)" }
        if vocabularySize != other.vocabularySize {
            return "its vocabulary has \(other.vocabularySize) tokens, not \(vocabularySize)"
        }
        if layers.count != other.layers.count { return "it has \(other.layers.count) layers, not \(layers.count)" }
        if let pair = zip(layers, other.layers).first(where: { $0 != $1 }) {
            return "its layer '\(pair.1.module)' is made differently"
        }
        return "its embedding, final norm or head is made differently"
    }
}
