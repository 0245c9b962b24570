import Archive
import Checkpoint
import Compression
import Evaluation
import LanguageModel
import Pipeline
import ScalingLaws
import Tokenization
import Warehouse

/// Runs a call into a module and turns its error into the stage's: one overload a module, so that the compiler sees that
/// none is forgotten.
func attempt<T>(_ body: () throws(WorkspaceError) -> T) throws(StageError) -> T {
    do throws(WorkspaceError) { return try body() } catch { throw .workspace(error) }
}

func attempt<T>(_ body: () throws(ManifestError) -> T) throws(StageError) -> T {
    do throws(ManifestError) { return try body() } catch { throw .manifest(error) }
}

func attempt<T>(_ body: () throws(ArchiveError) -> T) throws(StageError) -> T {
    do throws(ArchiveError) { return try body() } catch { throw .archive(error) }
}

func attempt<T>(_ body: () throws(CheckpointError) -> T) throws(StageError) -> T {
    do throws(CheckpointError) { return try body() } catch { throw .checkpoint(error) }
}

func attempt<T>(_ body: () throws(CompressionError) -> T) throws(StageError) -> T {
    do throws(CompressionError) { return try body() } catch { throw .compression(error) }
}

func attempt<T>(_ body: () throws(TokenizationError) -> T) throws(StageError) -> T {
    do throws(TokenizationError) { return try body() } catch { throw .tokenization(error) }
}

func attempt<T>(_ body: () throws(LanguageModelError) -> T) throws(StageError) -> T {
    do throws(LanguageModelError) { return try body() } catch { throw .model(error) }
}

func attempt<T>(_ body: () throws(EvaluationError) -> T) throws(StageError) -> T {
    do throws(EvaluationError) { return try body() } catch { throw .evaluation(error) }
}

func attempt<T>(_ body: () throws(WarehouseError) -> T) throws(StageError) -> T {
    do throws(WarehouseError) { return try body() } catch { throw .warehouse(error) }
}

func attempt<T>(_ body: () throws(ScalingLawsError) -> T) throws(StageError) -> T {
    do throws(ScalingLawsError) { return try body() } catch { throw .laws(error) }
}
