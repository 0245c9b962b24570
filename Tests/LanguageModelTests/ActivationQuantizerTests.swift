import Calibration
import Checkpoint
import Compression
import Foundation
import JSON
import Kernels
import LanguageModel
import TestSupport
import Testing

/// Rounded inputs with weights of every method and format: the same weights are stored, what is stored says how inputs are
/// rounded, and evaluating it rounds them.
struct ActivationQuantizerTests {
    /// One line for each way in which weights are stored, and for each method.
    private static let lines = [
        #""method": "rtn", "bits": 4"#, #""method": "rtn", "bits": 3, "group": 16, "symmetric": false"#,
        #""method": "rtn", "bits": 3, "scale_search": true"#, #""method": "rtn", "format": "nf4", "group": 32"#,
        #""method": "rtn", "format": "fp4", "group": 32"#, #""method": "rtn", "format": "fp8-e4m3""#,
        #""method": "rtn", "format": "fp8-e5m2""#, #""method": "rtn", "format": "mxfp4""#,
        #""method": "rtn", "format": "mxint8""#, #""method": "rtn", "format": "ternary""#,
        #""method": "rtn", "format": "binary", "group": 32"#, #""method": "codebook", "levels": 12"#,
        #""method": "codebook", "bits": 2, "vector": 2"#, #""method": "codebook", "bits": 3, "shared_table": true"#,
        #""method": "codebook", "bits": 3, "powers_of_two": true"#, #""method": "magnitude", "sparse": 0.5"#,
        #""method": "magnitude", "sparse": "2:4", "bits": 4"#, #""method": "wanda", "sparse": "2:4""#,
        #""method": "sparsegpt", "sparse": 0.5, "bits": 4, "group": 16"#, #""method": "low-rank", "rank": 0.5"#,
        #""method": "qsd", "rank": 0.9, "bits": 4, "sparse": 0.5"#, #""method": "gptq", "bits": 3"#,
        #""method": "awq", "bits": 3, "group": 16, "symmetric": false"#, #""method": "smoothquant", "bits": 8"#,
        #""method": "aweq", "bits": 8"#, #""method": "dilation", "bits": 4"#,
        #""method": "hqq", "bits": 3, "group": 16"#,
        #""method": "rtn", "format": "nvfp4""#, #""method": "rtn", "format": "mxfp8""#,
        #""method": "rtn", "format": "fp8-block""#, #""method": "gptaq", "bits": 3, "order": "gar", "group": 16"#,
    ]

    private static let configuration = """
        {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 60, "max_position_embeddings": 32,
         "rms_norm_eps": 1e-5}
        """

    private func spec(_ members: String) throws -> Spec {
        try Spec(json: #require(try JSONValue(parsing: "{\(members)}").object))
    }

    /// The names and bytes of all tensors but the scales of inputs.
    private func weights(_ store: WeightStore) -> [String: [UInt8]] {
        store.checkpoint.tensors.filter {
            !$0.key.hasSuffix(".input_scale") && !$0.key.hasSuffix(".input_global_scale")
        }.mapValues { $0.withBytes { Array($0) } }
    }

    private func loss(_ store: WeightStore, _ windows: TokenWindows) throws -> Double {
        let score = try LanguageModel([store]).score(windows)[0]
        #expect(score.notFiniteAfter == nil)
        return score.windows.reduce(0) { $0 + $1.negativeLogLikelihood }
    }

    @Test(arguments: lines) func everyFormatComposes(_ line: String) throws {
        let tiny = try TinyCheckpoint(Self.configuration)
        let windows = tiny.windows(4, context: 16)
        let specs = try ["", #", "activations": 4"#, #", "activations": 6, "activation_scale": "tensor""#].map {
            try spec(line + $0)
        }
        #expect(specs[1].name == specs[0].name + "-a4" && specs[2].scheme == specs[0].scheme + "-a6tensor")
        #expect(specs[1].needsCalibration == specs[0].needsCalibration && specs[2].needsCalibration)
        for spec in specs { #expect(try Spec(json: #require(spec.canonical.object)) == spec) }
        let output = try ScratchDirectory()
        let targets = specs.map { CompressionTarget($0, directory: output.url.appending(path: $0.name)) }
        let checkpoint = try Checkpoint(directory: tiny.directory)
        let provenance = Provenance(source: "0123", version: "1")
        try compress(
            checkpoint, into: targets, calibratedOn: windows, provenance: provenance, memoryBudget: 1 << 30)
        let stores = try targets.map { try WeightStore(Checkpoint(directory: $0.directory)) }
        let stored = stores.map(weights)
        #expect(stored[1] == stored[0] && stored[2] == stored[0])
        for linear in tiny.description.layers.flatMap(\.linearLayers).map(\.module) {
            #expect(try stores[0].activationQuantizer(of: linear) == nil)
            #expect(try stores[1].activationQuantizer(of: linear) == ActivationQuantizer(bits: 4, scale: .token))
            let fixed = try #require(try stores[2].activationQuantizer(of: linear))
            guard case .tensor(let scale, let zero) = fixed.scale else {
                Issue.record("\(linear): \(fixed)")
                continue
            }
            #expect(fixed.bits == 6 && scale > 0 && scale < 1 && zero == 0)
        }
        let losses = try stores.map { try loss($0, windows) }
        #expect(Set(losses).count == 3)
        #expect(abs(losses[2] - losses[0]) < 0.05 * losses[0])
        let bits = try stores.map { try ModelVariant($0).bitsPerWeight }
        #expect(bits.allSatisfy { $0 == bits[0] })
    }

    /// Methods that look at no inputs find the same scales: those of the uncompressed model's inputs.
    @Test func fixedScalesAreTheLargestInputs() throws {
        let tiny = try TinyCheckpoint(Self.configuration)
        let windows = tiny.windows(4, context: 16)
        let run = try LayerwiseRun(tiny.store(), windows: windows)
        let largest = Largest()
        try run.observe(layer: 0) { modules, inputs in largest.add(inputs, of: modules) }
        for line in [#""method": "rtn", "format": "nf4", "group": 32"#, #""method": "low-rank", "rank": 0.5"#] {
            let spec = try spec(line + #", "activations": 8, "activation_scale": "tensor""#)
            let output = try ScratchDirectory()
            let target = CompressionTarget(spec, directory: output.url.appending(path: "compressed"))
            try compress(
                Checkpoint(directory: tiny.directory), into: [target], calibratedOn: windows,
                provenance: Provenance(source: "0123", version: "1"), memoryBudget: 1 << 30)
            let store = try WeightStore(Checkpoint(directory: target.directory))
            for (module, largest) in largest.values {
                let scale = Float(Float16(largest / 127.5))
                #expect(
                    try store.activationQuantizer(of: module)
                        == ActivationQuantizer(bits: 8, scale: .tensor(scale: scale, zero: 0)), "\(line): \(module)")
            }
        }
    }
}

/// The greatest magnitude of each module's inputs.
private final class Largest {
    var values: [String: Float] = [:]

    func add(_ inputs: MatrixView, of modules: [String]) {
        for row in 0..<inputs.rows {
            for column in 0..<inputs.columns {
                for module in modules { values[module] = max(values[module] ?? 0, abs(inputs.row(row)[column])) }
            }
        }
    }
}
