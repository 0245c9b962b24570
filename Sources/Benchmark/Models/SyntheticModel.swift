import Checkpoint
package import Compression
import Evaluation
package import FoundationEssentials
import JSON
import LanguageModel
import Mathematics
import System

/// A checkpoint of float16 weights that nobody trained, on disk, with versions of it that are compressed.
package struct SyntheticModel {
    package let shape: ModelShape
    package let baseline: WeightStore
    package let variants: [(name: String, store: WeightStore)]

    /// Writes the checkpoint into a directory, and what the specs make of it beside it.
    package init(_ shape: ModelShape, specs: [Spec], in directory: URL) throws(BenchmarkError) {
        self.shape = shape
        let location = directory.appending(path: "16-bit")
        do throws(CheckpointError) {
            try Self.write(shape, into: location)
        } catch { throw .checkpoint(error) }
        let baseline = try Self.store(location)
        let targets = specs.map { CompressionTarget($0, directory: directory.appending(path: $0.name)) }
        let modules: [LinearModule]
        do throws(LanguageModelError) { modules = try ModelVariant(baseline).description.linearModules } catch {
            throw .evaluation(.languageModel(error))
        }
        do throws(CompressionError) {
            try compress(
                baseline.checkpoint, modules: modules, into: targets,
                provenance: Provenance(source: "synthetic", version: "bench"))
        } catch { throw .compression(error) }
        var variants: [(name: String, store: WeightStore)] = []
        for target in targets { variants.append((target.spec.name, try Self.store(target.directory))) }
        self.baseline = baseline
        self.variants = variants
    }

    /// Takes weights for those of a model of this shape.
    package init(shape: ModelShape, baseline: WeightStore, variants: [(name: String, store: WeightStore)]) {
        self.shape = shape
        self.baseline = baseline
        self.variants = variants
    }

    private static func store(_ directory: URL) throws(BenchmarkError) -> WeightStore {
        let checkpoint: Checkpoint
        do throws(CheckpointError) {
            checkpoint = try Checkpoint(directory: directory)
        } catch { throw .checkpoint(error) }
        do throws(CompressionError) { return try WeightStore(checkpoint) } catch { throw .compression(error) }
    }

    private static func write(_ shape: ModelShape, into directory: URL) throws(CheckpointError) {
        try CheckpointError.attempt { () throws(SystemError) in
            try makeDirectory(directory)
            try writeFile(Array(shape.configuration.prettyText.utf8), to: directory.appending(path: "config.json"))
        }
        let tensors = tensors(shape)
        var writer = try SafetensorsWriter(
            creating: directory.appending(path: "model.safetensors"),
            tensors: tensors.map { .init($0.name, .float16, $0.shape) })
        for (index, tensor) in tensors.enumerated() {
            let values = Synthetic.weights(
                tensor.shape.reduce(1, *), deviation: 0.04, mean: tensor.mean, seed: UInt64(1000 + index))
            try writer.write(tensor.name, values)
        }
        try writer.finish()
    }

    /// Names, shapes and means of all tensors.
    private static func tensors(_ shape: ModelShape) -> [(name: String, shape: [Int], mean: Float)] {
        var tensors: [(name: String, shape: [Int], mean: Float)] = [
            ("gpt_neox.embed_in.weight", [shape.vocabulary, shape.width], 0),
            ("embed_out.weight", [shape.vocabulary, shape.width], 0),
        ]
        for norm in shape.norms {
            tensors += [(norm + ".weight", [shape.width], 1), (norm + ".bias", [shape.width], 0)]
        }
        for map in (0..<shape.layers).flatMap(shape.linearMaps) {
            tensors += [(map.module + ".weight", map.shape, 0), (map.module + ".bias", [map.shape[0]], 0)]
        }
        return tensors
    }

    /// Token ids that stand for a text.
    package func tokens(_ count: Int) -> [UInt32] {
        var random = RandomNumbers(seed: 8)
        return (0..<count).map { _ in UInt32(random.next() % UInt64(shape.vocabulary)) }
    }
}
