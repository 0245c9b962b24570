import Checkpoint
import Kernels

/// The identity of a checkpoint, its tensors hashed on all processors.
func digest(of checkpoint: Checkpoint) -> String {
    let tensors = checkpoint.storedTensors.sorted { $0.byteCount > $1.byteCount }
    return CheckpointDigest(Parallel.map(tensors.count) { tensors[$0].digest() }).description
}
