import Checkpoint
import Kernels
import Pipeline
import System

/// The digests of a checkpoint's tensors, hashed on all processors; of none once a signal came.
func digests(of checkpoint: Checkpoint) -> [TensorDigest] {
    let tensors = checkpoint.storedTensors.sorted { $0.byteCount > $1.byteCount }
    return Parallel.map(tensors.count) { Interruption.isRequested ? nil : tensors[$0].digest() }.compactMap(\.self)
}

/// What a signal may have cut short, if none came.
func stoppable<Value>(_ body: () throws(StageError) -> Value) throws(StageError) -> Value {
    let value = try body()
    try attempt { () throws(WorkspaceError) in try Interruption.check() }
    return value
}

/// The identity of a checkpoint.
func digest(of checkpoint: Checkpoint) throws(StageError) -> String {
    CheckpointDigest(try stoppable { digests(of: checkpoint) }).description
}
