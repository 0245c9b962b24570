import Checkpoint
import Kernels

/// The digests of a checkpoint's tensors, hashed on all processors.
func digests(of checkpoint: Checkpoint) -> [TensorDigest] {
    let tensors = checkpoint.storedTensors.sorted { $0.byteCount > $1.byteCount }
    return Parallel.map(tensors.count) { tensors[$0].digest() }
}

/// The identity of a checkpoint.
func digest(of checkpoint: Checkpoint) -> String { CheckpointDigest(digests(of: checkpoint)).description }
