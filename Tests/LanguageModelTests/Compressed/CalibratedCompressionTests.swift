import Calibration
import Checkpoint
import Compression
import Foundation
import JSON
import Kernels
import LanguageModel
import Synchronization
import TestSupport
import Testing

struct CalibratedCompressionTests {
    private static let provenance = Provenance(source: "0123", version: "1")

    private static func specs() throws -> [Spec] {
        [
            try Spec(method: .gptq, bits: 3, symmetric: false), try Spec(method: .gptq, bits: 2),
            try Spec(method: .gptq, bits: 2, symmetric: false, actOrder: true),
        ]
    }

    /// The directories of the compressed checkpoints, gone with this object.
    private struct Outputs {
        private let scratch: ScratchDirectory
        let targets: [CompressionTarget]
        var directory: URL { scratch.url }

        init(_ specs: [Spec]) throws {
            let scratch = try ScratchDirectory()
            targets = specs.map { CompressionTarget($0, directory: scratch.url.appending(path: $0.name)) }
            self.scratch = scratch
        }

        func weights() throws -> [Data] {
            try targets.map { try Data(contentsOf: $0.directory.appending(path: "model.safetensors")) }
        }

        func stores() throws -> [WeightStore] {
            try targets.map { try WeightStore(try Checkpoint(directory: $0.directory)) }
        }
    }

    private static func run(
        _ tiny: TinyCheckpoint, _ specs: [Spec], _ windows: TokenWindows, memoryBudget: Int = 1 << 30,
        control: RunControl = RunControl()
    ) throws -> Outputs {
        let outputs = try Outputs(specs)
        try compress(
            try Checkpoint(directory: tiny.directory), into: outputs.targets, calibratedOn: windows,
            provenance: provenance, memoryBudget: memoryBudget, control: control)
        return outputs
    }

    /// Weights of a layer by their modules.
    private static func weights(
        _ layer: LayerDescription, _ store: WeightStore
    ) throws -> [String: any WeightMatrix] {
        var weights: [String: any WeightMatrix] = [:]
        for linear in layer.linearLayers {
            weights[linear.module] = try store.matrix(linear.module, transposed: linear.transposed)
        }
        return weights
    }

    private static func decoded(_ matrix: any WeightMatrix) -> [Float] {
        (0..<matrix.rows).flatMap { matrix.values(row: $0) }
    }

    @Test(arguments: ["neox parallel", "llama", "gpt2", "qwen3", "opt 350m", "olmo2"])
    func everyLayerIsCalibratedBehindTheCompressedOnes(name: String) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all[name]))
        let (windows, spec) = (tiny.windows(6, context: 16), try Self.specs()[0])
        let outputs = try Self.run(tiny, [spec], windows)
        let result = try #require(try outputs.stores().first)
        let base = try tiny.store()
        // The same again, one layer at a time by other means.
        let run = try LayerwiseRun(base, windows: windows)
        for (index, layer) in run.description.layers.enumerated() {
            var hessians: [String: Hessian] = [:]
            try run.observe(layer: index) { modules, inputs in
                for module in modules {
                    let hessian = hessians[module] ?? Hessian(columns: inputs.columns)
                    hessian.add(inputs, windows: inputs.rows / 16)
                    hessians[module] = hessian
                }
            }
            let compressed = try Self.weights(layer, result)
            for (module, weight) in try Self.weights(layer, base) {
                let linear = LinearLayer(name: module, weight: weight, scaleType: .float16)
                let expected = try GPTQ().compress(linear, specs: [spec], hessian: hessians[module])[0].matrix
                let found = try #require(compressed[module])
                #expect(Self.decoded(found) == Self.decoded(expected), "\(module)")
            }
            try run.advance(layer: index, replacing: compressed)
        }
    }

    @Test(arguments: [1, 200_000])
    func memoryAndCompanyChangeNothing(memoryBudget: Int) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let windows = tiny.windows(5, context: 12)
        let together = try Self.run(tiny, Self.specs(), windows).weights()
        #expect(try Self.run(tiny, Self.specs(), windows, memoryBudget: memoryBudget).weights() == together)
        for (index, spec) in try Self.specs().enumerated() {
            #expect(try Self.run(tiny, [spec], windows).weights() == [together[index]])
        }
    }

    /// An expert that no token of so little text chooses, and one that too few choose, are rounded to nearest and named.
    @Test func expertsThatSeeTooLittleAreRoundedToNearestAndNamed() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["mixtral"]))
        let spec = try Spec(method: .gptq, bits: 3, symmetric: false, scales: .float16)
        let outputs = try Self.run(tiny, [spec], tiny.windows(1, context: 2))
        let file = outputs.targets[0].directory.appending(path: "provenance.json")
        let provenance = try #require(try JSONValue(parsing: Array(Data(contentsOf: file))).object)
        let noted = try #require(provenance["few_tokens"]?.object)
        let modules = try #require(noted["modules"]?.array).compactMap(\.string)
        #expect(noted["count"] == .integer(modules.count))
        // Two tokens choose two experts each: of three layers of four experts some see nothing.
        #expect(!modules.isEmpty && modules.allSatisfy { $0.contains(".experts.") })
        let (base, result) = (try tiny.store(), try #require(try outputs.stores().first))
        let nearest = try Spec(method: .rtn, bits: 3, symmetric: false, scales: .float16)
        for module in modules {
            let linear = LinearLayer(name: module, weight: try base.matrix(module), scaleType: .float16)
            let expected = try nearest.compressor.compress(linear, specs: [nearest], hessian: nil)[0].matrix
            #expect(Self.decoded(try result.matrix(module)) == Self.decoded(expected), "\(module)")
        }
    }

    @Test func otherTextGivesOtherWeights() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["neox parallel"]))
        let specs = [try Self.specs()[0]]
        let (one, other) = (tiny.windows(6, context: 16), tiny.windows(6, context: 16))
        #expect(one != other)
        #expect(try Self.run(tiny, specs, one).weights() != Self.run(tiny, specs, other).weights())
    }

    @Test func progressEndsAtOneAndNeverFalls() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["gpt2"]))
        let seen = Mutex<[Double]>([])
        _ = try Self.run(
            tiny, Self.specs(), tiny.windows(2, context: 8), memoryBudget: 1,
            control: RunControl(progress: { value in seen.withLock { $0.append(value) } }))
        let values = seen.withLock { $0 }
        #expect(values == values.sorted() && values.last == 1)
    }

    @Test func stopsOnRequest() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["gpt2"]))
        #expect(throws: LanguageModelError.cancelled) {
            _ = try Self.run(
                tiny, Self.specs(), tiny.windows(2, context: 8), control: RunControl(isCancelled: { true }))
        }
    }

    @Test func tokensOfAnotherVocabularyAreRefused() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let size = tiny.description.vocabularySize
        let windows = TokenWindows(ids: [0, 1, 2, UInt32(size)], context: 2)
        #expect(throws: LanguageModelError.tokenOutOfRange(id: size, position: 3, vocabularySize: size)) {
            _ = try Self.run(tiny, Self.specs(), windows)
        }
    }

    @Test func inputsThatAreNotFiniteAreNamedByTheirModule() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let name = tiny.description.embedding.module + ".weight"
        let tensor = try #require(tiny.tensors[name])
        try tiny.replace(name, shape: tensor.shape, values: tensor.values.map { _ in .infinity })
        let first = try #require(tiny.description.layers.first?.attention.projections.linearLayers.first).module
        #expect(throws: LanguageModelError.inputsNotFinite(module: first)) {
            _ = try Self.run(tiny, Self.specs(), tiny.windows(2, context: 8))
        }
    }
}
