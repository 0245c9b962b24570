import Archive
import Checkpoint
import Compression
import Evaluation
import FoundationEssentials
import LanguageModel
import Pipeline
import ScalingLaws
import System
import Tokenization
import Warehouse

/// A module's error that stops a stage.
protocol StageFault: Error {
    /// The same error as a stage throws it.
    var asStageError: StageError { get }
}

/// Runs a call into a module and turns its error into the stage's.
func attempt<T, Fault: StageFault>(_ body: () throws(Fault) -> T) throws(StageError) -> T {
    do throws(Fault) { return try body() } catch { throw error.asStageError }
}

/// Whether something is at this place; that it cannot be looked at stops the stage.
func exists(_ place: URL) throws(StageError) -> Bool {
    try attempt { () throws(SystemError) in try System.exists(place) }
}

/// The names in a directory, in the order of their bytes; that it cannot be listed stops the stage.
func names(in directory: URL) throws(StageError) -> [String] {
    try attempt { () throws(SystemError) in try System.names(in: directory) }
}

/// Those of a directory's names that are whole JSON files.
func artifactNames(in directory: URL) throws(StageError) -> [String] {
    try names(in: directory).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
}

/// The names in a folder that older workspaces do not have.
func namesIfPresent(in directory: URL) throws(StageError) -> [String] {
    try attempt { () throws(SystemError) in try namesIfThere(in: directory) }
}

extension SystemError: StageFault { var asStageError: StageError { .workspace(.system(self)) } }
extension WorkspaceError: StageFault { var asStageError: StageError { .workspace(self) } }
extension ManifestError: StageFault { var asStageError: StageError { .manifest(self) } }
extension ArchiveError: StageFault { var asStageError: StageError { .archive(self) } }
extension CheckpointError: StageFault { var asStageError: StageError { .checkpoint(self) } }
extension CompressionError: StageFault { var asStageError: StageError { .compression(self) } }
extension TokenizationError: StageFault { var asStageError: StageError { .tokenization(self) } }
extension LanguageModelError: StageFault { var asStageError: StageError { .model(self) } }
extension EvaluationError: StageFault { var asStageError: StageError { .evaluation(self) } }
extension WarehouseError: StageFault { var asStageError: StageError { .warehouse(self) } }
extension ScalingLawsError: StageFault { var asStageError: StageError { .laws(self) } }
