import Calibration
import Checkpoint
import Compression
import Foundation
import GGUF
import JSON
import Kernels
import LanguageModel
import TestSupport
import Testing

/// Checkpoints written as GGUF files and read again.
@Suite struct GGUFWritingTests {
    private static let provenance = Provenance(source: "0123", version: "1")

    private static func spec(_ text: String) throws -> Spec {
        let line = try #require(JSONValue(parsing: Array(text.utf8)).object)
        return try Spec(json: line)
    }

    private static func write(
        _ tiny: TinyCheckpoint, _ spec: Spec, into folder: URL, windows: TokenWindows? = nil
    ) throws -> Checkpoint {
        let directory = folder.appending(path: spec.name)
        try compress(
            Checkpoint(directory: tiny.directory), into: [CompressionTarget(spec, directory: directory)],
            calibratedOn: windows, provenance: provenance, memoryBudget: 1 << 30)
        return try Checkpoint(directory: directory)
    }

    /// Configurations whose files would be other models, or that llama.cpp has no architecture for.
    private static let refused: Set<String> = [
        "apertus", "bitnet", "falcon alibi", "falcon new", "gemma2", "gemma3",
        "gpt bigcode with many keys", "gpt oss", "gpt2", "gptj", "hf_olmo", "llama biases and yarn", "llama dynamic",
        "llama with a learned activation", "mistral", "mixtral", "mpt", "neox odd rotary share", "neox sequential",
        "neox with a learned activation", "olmo3", "opt", "opt 350m", "phi normed", "phi3", "qwen2", "qwen2 moe",
        "qwen3 moe", "smollm3", "starcoder2",
    ]

    /// A file of single precision is the model itself, or there is no file.
    @Test(arguments: TinyConfigurations.all.keys.sorted())
    func plainFilesAreTheModel(name: String) throws {
        let tiny = try TinyCheckpoint(try #require(TinyConfigurations.all[name]))
        let spec = try Self.spec(#"{"method": "rtn", "format": "f32"}"#)
        try withScratchDirectory { folder in
            guard !Self.refused.contains(name) else {
                #expect(throws: LanguageModelError.self) { _ = try Self.write(tiny, spec, into: folder) }
                return
            }
            let written = try WeightStore(Self.write(tiny, spec, into: folder))
            let scores = try LanguageModel([try tiny.store(), written]).score(tiny.windows(2, context: 8))
            for (one, other) in zip(scores[0].windows, scores[1].windows) {
                #expect(abs(one.negativeLogLikelihood - other.negativeLogLikelihood) < 2e-5)
            }
        }
    }

    /// One layer whose rows have 256 values, or 64.
    private static let small = """
        {"model_type": "llama", "vocab_size": 16, "hidden_size": 256, "intermediate_size": 64, "num_hidden_layers": 1,
         "num_attention_heads": 8, "head_dim": 8, "num_key_value_heads": 8, "max_position_embeddings": 32}
        """

    private static func encoded(_ tiny: TinyCheckpoint, _ module: String, _ type: GGMLType, importance: [Float]? = nil)
        throws -> [UInt8]
    {
        let (shape, values) = try #require(tiny.tensors[module + ".weight"])
        let bytesPerRow = try #require(type.byteCount(weights: shape[1]))
        var all: [UInt8] = []
        for row in 0..<shape[0] {
            var bytes = [UInt8](repeating: 0, count: bytesPerRow)
            var span = bytes.mutableSpan
            let weights = Array(values[row * shape[1]..<(row + 1) * shape[1]])
            if let importance {
                try type.encode(weights.span, importance: importance.span, into: &span)
            } else {
                try type.encode(weights.span, into: &span)
            }
            all += bytes
        }
        return all
    }

    private static func tensors(_ folder: URL) throws -> [String: GGUFTensor] {
        let file = try GGUFFile(folder.appending(path: "model.gguf"))
        return Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.info.name, $0) })
    }

    /// The bytes of a file are those of the codec, whose own are ggml's.
    @Test(
        arguments: NumberFormat.blocks.filter { $0.blocks.map { if case .type = $0 { true } else { false } } ?? false })
    func blocksAreTheCodecs(format: NumberFormat) throws {
        guard case .type(let type)? = format.blocks else { return }
        let tiny = try TinyCheckpoint(Self.small)
        let spec = try Spec(method: .rtn, format: format)
        try withScratchDirectory { folder in
            guard type.importance != .required else {
                #expect(throws: LanguageModelError.self) { _ = try Self.write(tiny, spec, into: folder) }
                return
            }
            _ = try Self.write(tiny, spec, into: folder)
            let tensors = try Self.tensors(folder.appending(path: spec.name))
            for (stored, module, columns) in [("ffn_up", "mlp.up_proj", 256), ("ffn_down", "mlp.down_proj", 64)] {
                let tensor = try #require(tensors["blk.0.\(stored).weight"])
                #expect(tensor.info.type == type.fitting(columns: columns))
                let expected = try Self.encoded(tiny, "model.layers.0.\(module)", tensor.info.type)
                #expect(Array(tensor.bytes) == expected, "\(stored)")
            }
            #expect(tensors["token_embd.weight"]?.info.type == .f32)
        }
    }

    @Test(arguments: ["q4_k", "iq2_xxs", "q4_0"]) func importanceIsTheMeanSquareOfInputs(format: String) throws {
        let tiny = try TinyCheckpoint(Self.small)
        let windows = tiny.windows(3, context: 8)
        let spec = try Self.spec(#"{"method": "rtn", "format": "\#(format)", "imatrix": true}"#)
        var squares: [Double] = []
        try LayerwiseRun(try tiny.store(), windows: windows, isCancelled: { false }).observe(layer: 0) {
            modules, inputs in
            guard modules.contains("model.layers.0.mlp.up_proj") else { return }
            if squares.isEmpty { squares = Array(repeating: 0, count: inputs.columns) }
            for token in 0..<inputs.rows {
                for column in 0..<inputs.columns {
                    let value = Double(inputs.row(token)[column])
                    squares[column] += value * value / Double(windows.ids.count)
                }
            }
        }
        try withScratchDirectory { folder in
            #expect(throws: LanguageModelError.self) { _ = try Self.write(tiny, spec, into: folder) }
            _ = try Self.write(tiny, spec, into: folder, windows: windows)
            let tensor = try #require(try Self.tensors(folder.appending(path: spec.name))["blk.0.ffn_up.weight"])
            let expected = try Self.encoded(
                tiny, "model.layers.0.mlp.up_proj", tensor.info.type, importance: squares.map { Float($0) })
            let found = Array(tensor.bytes)
            // Sums of other orders differ in their last digits, which may turn a code.
            let differing = zip(found, expected).count { $0 != $1 }
            #expect(found.count == expected.count && differing * 100 <= found.count)
        }
    }

    /// A mixture compresses what is outside of layers as well, and its file is scored as what it holds.
    @Test func mixturesTakeEmbeddingsAndHead() throws {
        let tiny = try TinyCheckpoint(Self.small)
        let spec = try Self.spec(#"{"method": "rtn", "format": "q4_k_m"}"#)
        try withScratchDirectory { folder in
            let written = try WeightStore(Self.write(tiny, spec, into: folder))
            let directory = folder.appending(path: spec.name)
            let tensors = try Self.tensors(directory)
            #expect(tensors["token_embd.weight"]?.info.type.spelling == "q4_k")
            #expect(tensors["output.weight"]?.info.type.spelling == "q6_k")
            #expect(tensors["blk.0.attn_v.weight"]?.info.type.spelling == "q6_k")
            #expect(tensors["blk.0.ffn_down.weight"]?.info.type.spelling == "q8_0")
            #expect(written.scheme == "gguf-q4_k_m")
            let record = try JSONValue(
                parsing: Array(Data(contentsOf: directory.appending(path: "provenance.json"))))
            let fallbacks = try #require(record.object?["fallbacks"]?.object)
            #expect(fallbacks["blk.0.ffn_down.weight"] == "q8_0 instead of q6_k")
            let bits = try #require(record.object?["bits_per_weight_of"]?.object)
            #expect(bits["embeddings"] == 4.5 && bits["head"] == 6.5625)
            let scores = try LanguageModel([try tiny.store(), written]).score(tiny.windows(2, context: 8))
            #expect(scores[1].windows.allSatisfy { $0.negativeLogLikelihood.isFinite })
        }
    }

    @Test(arguments: [
        (#"{"method": "rtn", "format": "q4_k", "kv": "fp8"}"#, "kv"),
        (#"{"method": "rtn", "format": "q4_k", "activations": 8}"#, "activations"),
        (#"{"method": "rtn", "format": "q8_0", "imatrix": true}"#, "imatrix"),
        (#"{"method": "rtn", "bits": 4, "imatrix": true}"#, "imatrix"),
        (#"{"method": "rtn", "format": "q4_k", "group": 128}"#, "group"),
        (#"{"method": "gptq", "format": "q4_k"}"#, "format"),
    ])
    func whatFilesCannotSayIsRefused(line: String, key: String) throws {
        let error = try #require(throws: CompressionError.self) { _ = try Self.spec(line) }
        guard case .invalidValue(key, _, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    /// Blocks of 32 have nothing that stands in for them.
    @Test func rowsWithoutReplacementAreRefused() throws {
        let tiny = try TinyCheckpoint(try #require(TinyConfigurations.all["llama"]))
        let spec = try Self.spec(#"{"method": "rtn", "format": "q4_0"}"#)
        try withScratchDirectory { folder in
            let error = try #require(throws: LanguageModelError.self) { _ = try Self.write(tiny, spec, into: folder) }
            #expect("\(error)".contains("rows of 40 weights, which groups of 32 do not divide"))
        }
    }
}
