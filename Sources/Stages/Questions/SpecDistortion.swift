import Checkpoint
import Compression
import FoundationEssentials
import JSON
import LanguageModel
import Pipeline
import Records
import System

/// What a spec does to the layers of a checkpoint; nothing of the compressed form stays.
struct SpecDistortion {
    let spec: Spec
    /// As stored, scales and zero points included.
    let bitsPerWeight: Double
    let layers: [LayerDistortion]

    /// Compresses by all specs, in a folder that goes away, and measures the errors.
    static func measure(
        _ specs: [Spec], of checkpoint: Checkpoint, on text: CalibrationWindows, memory: Int,
        progress: @escaping @Sendable (Double) -> Void
    ) throws(StageError) -> [SpecDistortion] {
        let parent = URL(filePath: Surroundings.variables["TMPDIR"] ?? "/tmp", directoryHint: .isDirectory)
        let folder = parent.appending(path: "qid-\(UUID().uuidString)", directoryHint: .isDirectory)
        defer { try? removeTree(folder) }
        let drafts = specs.indices.map { folder.appending(path: "\($0)", directoryHint: .isDirectory) }
        for draft in drafts { try attempt { () throws(SystemError) in try makeDirectory(draft) } }
        let factors = try compress(
            checkpoint, into: zip(specs, drafts).map { CompressionTarget($0, directory: $1) }, source: nil,
            calibration: (text.fitted, .object(JSONObject())), memory: memory, progress: { progress($0 / 2) })
        // Turned weights are not those of the same channels.
        let compared = specs.indices.filter { specs[$0].options.rotation == nil }
        let found = try layerErrors(
            of: compared.map { drafts[$0] }, compared.map { factors[$0] }, from: checkpoint, on: text.compared,
            memory: memory, progress: { progress(0.5 + $0 / 2) })
        var errors = [[LayerDistortion]](repeating: [], count: specs.count)
        for (index, layers) in zip(compared, found) { errors[index] = layers }
        let modules = try description(of: checkpoint).linearModules
        var results: [SpecDistortion] = []
        for (index, spec) in specs.enumerated() {
            let compressed = try attempt { () throws(CheckpointError) in try Checkpoint(directory: drafts[index]) }
            let weights = try attempt { () throws(CompressionError) in try WeightStore(compressed) }
            results.append(
                SpecDistortion(
                    spec: spec, bitsPerWeight: weights.bitsPerWeight(of: modules), layers: errors[index]))
        }
        return results
    }
}
