import Checkpoint
import FoundationEssentials
import Pipeline
import System

/// Opens a checkpoint that somebody named, and says what its index promises and does not have.
func openNamed(_ directory: URL) throws(StageError) -> Checkpoint {
    let checkpoint = try attempt { () throws(CheckpointError) in try Checkpoint(directory: directory) }
    if let first = checkpoint.absentTensors.first {
        let others = checkpoint.absentTensors.count - 1
        report(
            "'\(directory.path)': its index names tensor '\(first)'" + (others > 0 ? " and \(others) more" : "")
                + ", which no shard holds; a model that needs it is refused")
    }
    return checkpoint
}
