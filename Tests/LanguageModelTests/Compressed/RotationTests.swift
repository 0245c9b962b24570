import Calibration
import Checkpoint
import Compression
import Foundation
import JSON
import Kernels
import LanguageModel
import TestSupport
import Testing

/// Turned weights: the model computes the same, and no channel stands out.
struct RotationTests {
    private static let configurations = [
        "llama": """
        {"model_type": "llama", "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 60, "max_position_embeddings": 32,
         "tie_word_embeddings": true}
        """,
        "llama with biases": """
        {"model_type": "llama", "hidden_size": 64, "intermediate_size": 80, "num_hidden_layers": 2, "attention_bias": true,
         "mlp_bias": true, "num_attention_heads": 4, "vocab_size": 60, "max_position_embeddings": 32}
        """,
        "gemma": """
        {"model_type": "gemma", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "head_dim": 8,
         "num_attention_heads": 4, "num_key_value_heads": 1, "vocab_size": 60, "max_position_embeddings": 32,
         "hidden_activation": "gelu_pytorch_tanh"}
        """,
        "neox": """
        {"model_type": "gpt_neox", "vocab_size": 61, "hidden_size": 48, "intermediate_size": 52, "num_hidden_layers": 2,
         "num_attention_heads": 4, "max_position_embeddings": 32}
        """,
        "gpt2": """
        {"model_type": "gpt2", "vocab_size": 61, "n_embd": 48, "n_head": 4, "n_layer": 2, "n_positions": 32}
        """,
        "mixtral": """
        {"model_type": "mixtral", "hidden_size": 32, "intermediate_size": 24, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 60, "max_position_embeddings": 32,
         "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": null}
        """,
    ]

    private func loss(_ store: WeightStore, _ windows: TokenWindows) throws -> Double {
        try LanguageModel([store]).score(windows)[0].windows.reduce(0) { $0 + $1.negativeLogLikelihood }
    }

    private func compressed(
        _ tiny: TinyCheckpoint, _ line: String, _ directory: URL, _ windows: TokenWindows? = nil
    ) throws -> WeightStore {
        let spec = try Spec(json: #require(try JSONValue(parsing: line).object))
        try compress(
            Checkpoint(directory: tiny.directory), into: [CompressionTarget(spec, directory: directory)],
            calibratedOn: windows, provenance: Provenance(source: nil, version: "1"),
            memoryBudget: 1 << 26)
        return try WeightStore(Checkpoint(directory: directory))
    }

    @Test(arguments: configurations.keys.sorted()) func theModelComputesTheSame(_ name: String) throws {
        let tiny = try TinyCheckpoint(#require(Self.configurations[name]), seed: 5)
        let windows = tiny.windows(2, context: 16)
        let scratch = try ScratchDirectory()
        let place = scratch.url.appending(path: "out")
        let turned = try compressed(tiny, #"{"method": "none", "rotate": "hadamard"}"#, place)
        let (found, expected) = (try loss(turned, windows), try loss(tiny.store(), windows))
        #expect(abs(found - expected) < 1e-6 * expected * 4, "\(found), not turned \(expected)")
        #expect(turned.checkpoint.config.json["tie_word_embeddings"] == false)
        #expect(
            !FileManager.default.fileExists(
                atPath: place.appending(path: "turned").path(percentEncoded: false)))
        let layer = tiny.description.layers[0].attention.output
        let straight = try tiny.store()
        let (before, after) = (try straight.matrix(layer.module), try turned.matrix(layer.module))
        #expect(before.values(row: 0) != after.values(row: 0))
    }

    /// Before any method, those that calibrate included, and a second time alike.
    @Test func methodsSeeTheTurnedModel() throws {
        let tiny = try TinyCheckpoint(#require(Self.configurations["llama"]), seed: 5)
        let windows = tiny.windows(4, context: 16)
        let scratch = try ScratchDirectory()
        for line in [
            #""method": "rtn", "bits": 4"#, #""method": "gptq", "bits": 3, "group": 16"#,
            #""method": "rtn", "format": "nvfp4", "activations": "nvfp4""#,
        ] {
            let name = "\(abs(line.hashValue))"
            let stores = try ["a", "b"].map {
                try compressed(
                    tiny, "{\(line), \"rotate\": \"hadamard\"}", scratch.url.appending(path: name + $0),
                    windows)
            }
            #expect(try loss(stores[0], windows) == loss(stores[1], windows))
            let straight = try compressed(tiny, "{\(line)}", scratch.url.appending(path: name), windows)
            #expect(try loss(stores[0], windows) != loss(straight, windows))
        }
        let spec = try Spec(
            json: #require(
                JSONValue(parsing: #"{"method": "rtn", "bits": 4, "rotate": "hadamard"}"#).object))
        #expect(spec.name == "rtn-sym-w4-channel-hadamard")
        let read = try Spec(json: #require(spec.canonical.object))
        #expect(read == spec)
    }

    /// A channel that stands out is spread over all of them.
    @Test func outliersAreSpread() throws {
        let tiny = try TinyCheckpoint(#require(Self.configurations["llama"]), seed: 5)
        let name = "model.layers.0.self_attn.q_proj"
        var tensor = try #require(tiny.tensors[name + ".weight"])
        for row in 0..<48 { tensor.values[row * 48 + 7] *= 30 }
        try tiny.replace(name + ".weight", shape: tensor.shape, values: tensor.values)
        let scratch = try ScratchDirectory()
        let turned = try compressed(
            tiny, #"{"method": "none", "rotate": "hadamard"}"#, scratch.url.appending(path: "out"))
        func peak(_ values: [Float]) -> Float {
            let meanSquare = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
            return (values.map(abs).max() ?? 0) / meanSquare.squareRoot()
        }
        let (before, after) = (try tiny.store().matrix(name), try turned.matrix(name))
        let all = { (matrix: any WeightMatrix) in (0..<48).flatMap { matrix.values(row: $0) } }
        #expect(peak(all(after)) < 0.5 * peak(all(before)))
    }

    @Test(arguments: [
        ("llama", #""hidden_size": 48"#, #""hidden_size": 40"#, "such as"),
        ("llama", #""model_type": "llama""#, #""model_type": "olmo2""#, "norm behind"),
    ]) func whatCannotBeTurnedIsNamed(_ name: String, _ old: String, _ new: String, _ words: String)
        throws
    {
        let config = try #require(Self.configurations[name]).replacingOccurrences(of: old, with: new)
        let tiny = try TinyCheckpoint(config)
        let scratch = try ScratchDirectory()
        let error = #expect(throws: LanguageModelError.self) {
            try compressed(
                tiny, #"{"method": "rtn", "bits": 4, "rotate": "hadamard"}"#,
                scratch.url.appending(path: "out"))
        }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
}
