import Checkpoint
import FoundationEssentials
import System

/// What results are made from, as it was when it was opened; whoever keeps a result looks again first.
struct WatchedInputs: Sendable {
    private var files: [WatchedFile] = []
    private var checkpoints: [Checkpoint] = []

    /// Watches a file from now on, before it is read.
    mutating func watch(_ file: URL) throws(StageError) {
        files.append(try attempt { () throws(SystemError) in try WatchedFile(file) })
    }

    /// Watches all that was opened of a checkpoint.
    mutating func watch(_ checkpoint: Checkpoint) { checkpoints.append(checkpoint) }

    /// Makes sure that all of it is what it was.
    func checkUnchanged() throws(StageError) {
        for file in files {
            do throws(SystemError) { try file.checkUnchanged() } catch { throw .input(error) }
        }
        for checkpoint in checkpoints {
            do throws(CheckpointError) { try checkpoint.checkUnchanged() } catch {
                if case .system(let error) = error { throw .input(error) }
                throw .checkpoint(error)
            }
        }
    }

    /// Why something went wrong: that an input changed meanwhile explains whatever else was found.
    func cause(of error: StageError) -> StageError {
        do throws(StageError) { try checkUnchanged() } catch { return error }
        return error
    }
}
