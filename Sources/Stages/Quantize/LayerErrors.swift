import Calibration
import Checkpoint
import Compression
import FoundationEssentials
import JSON
import LanguageModel
import Pipeline
import Records
import System

/// What compression did to the layers of a checkpoint, for each of its compressed directories.
///
/// `factors` are those that compression moved between channels, in the order of the directories.
func layerErrors(
    of directories: [URL], _ factors: [ChannelFactors], from checkpoint: Checkpoint, on windows: TokenWindows,
    memory: Int, progress: @escaping @Sendable (Double) -> Void
) throws(StageError) -> [[LayerDistortion]] {
    var forms: [DistortedWeights] = []
    for (directory, factors) in zip(directories, factors) {
        let compressed = try attempt { () throws(CheckpointError) in try Checkpoint(directory: directory) }
        forms.append(
            DistortedWeights(
                try attempt { () throws(CompressionError) in try WeightStore(compressed) }, factors: factors))
    }
    let store = try attempt { () throws(CompressionError) in try WeightStore(checkpoint) }
    return try walk(progress) { (control) throws(LanguageModelError) in
        try distortions(of: forms, from: store, on: windows, memoryBudget: memory, control: control)
    }
}

/// A walk through a model that shows how far it is and stops where the process is asked to.
func walk<Result>(
    _ progress: @escaping @Sendable (Double) -> Void, _ body: (RunControl) throws(LanguageModelError) -> Result
) throws(StageError) -> Result {
    do throws(LanguageModelError) {
        return try body(RunControl(progress: progress, isCancelled: { Interruption.isRequested }))
    } catch .cancelled {
        throw .workspace(.stopped)
    } catch .compression(let error) {
        throw .compression(error)
    } catch {
        throw .model(error)
    }
}

/// Puts the errors of layers into the `provenance.json` of a directory that is not published yet.
func note(_ layers: [LayerDistortion], in directory: URL) throws(StageError) {
    let file = directory.appending(path: "provenance.json")
    guard case .object(var object) = try readJSON(file) else {
        throw .workspace(.corrupt(path: file.path, reason: "not an object"))
    }
    object["layers"] = .array(layers.map(\.json))
    let text = JSONValue.object(object).prettyText
    try attempt { () throws(SystemError) in try replaceFile(Array(text.utf8), at: file) }
}
