import Checkpoint
import Compression
import FoundationEssentials
import System

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
        return mine.withBytes { bytes in theirs.withBytes { holdSameBytes(bytes, $0) } }
    }
}
