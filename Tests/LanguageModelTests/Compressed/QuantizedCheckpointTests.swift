import Checkpoint
import Compression
import Foundation
import JSON
import LanguageModel
import TestSupport
import Testing

/// Checkpoints that other tools quantized: their losses, and that nothing in them is passed over in silence.
struct QuantizedCheckpointTests {
    private static let names = ["conv1d", "ct-mixed", "fp8-blocks", "modelopt-fp8", "gptq-dynamic"]

    /// Losses of transformers and compressed-tensors (`Tests/Fixtures/generate/quantized.py`).
    @Test(arguments: names)
    func lossesAreThoseOfTheirTools(name: String) throws {
        let expected = try #require(Fixtures.json("quantized.json").object?[name]?.double)
        let ids = Array(try Fixtures.tokenIDs("heldout").prefix(4 * 128))
        let model = try LanguageModel([WeightStore(Checkpoint(directory: Self.directory(name)))])
        let score = try model.score(TokenWindows(ids: ids, context: 128))[0]
        let loss = score.windows.reduce(0) { $0 + $1.negativeLogLikelihood } / Double(4 * 127)
        #expect(abs(loss - expected) < 1e-5)
    }

    /// Another scale, a transform, any name: beside a compressed weight and beside a plain one.
    @Test(arguments: names, ["weight_scale_2", "weight_transform", "weight_foo", "pre_quant_scale", "output_scale"])
    func tensorsThatNothingReadsAreNamed(name: String, piece: String) throws {
        let plain = name == "conv1d" ? "transformer.h.0.ln_1" : "model.layers.0.input_layernorm"
        let compressed = name == "conv1d" ? "transformer.h.0.mlp.c_fc" : "model.layers.0.self_attn.k_proj"
        for (module, reason) in [
            (compressed, "the form in which the weight of '\(compressed)' is stored has no part of this name"),
            (plain, "nothing says that the weight of '\(plain)' is more than its '.weight'"),
        ] {
            let error = try Self.error(name, adding: "\(module).\(piece)")
            #expect(error == .unexpectedTensor("\(module).\(piece)", because: reason))
        }
    }

    /// A plain weight beside its codes: one of the two is not the weight.
    @Test func aWeightBesideItsCodesIsNamed() throws {
        let name = "model.layers.0.self_attn.k_proj.weight"
        guard case .unexpectedTensor(name, _)? = try Self.error("gptq-dynamic", adding: name) else {
            Issue.record("a second weight was passed over")
            return
        }
    }

    /// The same files without what says how their weights are stored.
    @Test(arguments: names)
    func weightsWhoseFormNobodySaysAreRefused(name: String) throws {
        let copy = try Self.copy(name)
        let file = copy.url.appending(path: "config.json")
        var config = try #require(JSONValue(parsing: Array(Data(contentsOf: file))).object)
        config = JSONObject(config.members.filter { $0.key != "quantization_config" })
        try copy.write(JSONValue.object(config).prettyText, to: "config.json")
        try? FileManager.default.removeItem(at: copy.url.appending(path: "hf_quant_config.json"))
        let checkpoint = try Checkpoint(directory: copy.url)
        #expect(throws: LanguageModelError.self) { try LanguageModel([WeightStore(checkpoint)]) }
    }

    /// ModelOpt's file decides where config.json is silent, and quantized key-value caches alone say nothing of weights.
    @Test func modelOptSaysIt() throws {
        let copy = try Self.copy("modelopt-fp8")
        let file = copy.url.appending(path: "hf_quant_config.json").path(percentEncoded: false)
        func error(_ quantization: String) throws -> CompressionError? {
            try copy.write(#"{"quantization": \#(quantization)}"#, to: "hf_quant_config.json")
            let checkpoint = try Checkpoint(directory: copy.url)
            return #expect(throws: CompressionError.self) { try WeightStore(checkpoint) }
        }
        #expect(
            try error(#"{"quant_algo": "NVFP4"}"#)
                == .invalidConfiguration(
                    checkpoint: file, key: "quantization.quant_algo", found: #""NVFP4""#, expected: "'FP8'"))
        try copy.write(
            #"{"quantization": {"quant_algo": null, "kv_cache_quant_algo": "FP8"}}"#, to: "hf_quant_config.json")
        #expect(try Checkpoint(directory: copy.url).config.quantization == nil)
        try copy.write(#"{"quantization": 7}"#, to: "hf_quant_config.json")
        #expect(
            throws: CheckpointError.wrongValue(file: file, key: "quantization", found: "7", expected: "an object")
        ) { try Checkpoint(directory: copy.url) }
    }

    private static func directory(_ name: String) -> URL { Fixtures.directory.appending(path: "quantized/\(name)") }

    private static func copy(_ name: String) throws -> ScratchDirectory {
        let copy = try ScratchDirectory()
        for file in try FileManager.default.contentsOfDirectory(atPath: directory(name).path) {
            try copy.write(Array(Data(contentsOf: directory(name).appending(path: file))), to: file)
        }
        return copy
    }

    /// Why a copy with one more tensor is not a model.
    private static func error(_ name: String, adding tensor: String) throws -> LanguageModelError? {
        let copy = try copy(name)
        let whole = try Checkpoint(directory: copy.url)
        let place = copy.url.appending(path: "changed.safetensors")
        var writer = try SafetensorsWriter(
            creating: place,
            tensors: whole.tensors.values.map { .init($0.info.name, $0.info.type, $0.info.shape) } + [
                .init(tensor, .float32, [1])
            ])
        for tensor in whole.tensors.values {
            try tensor.withBytes { (bytes) throws(CheckpointError) in try writer.write(tensor.info.name, bytes) }
        }
        try writer.write(tensor, [Float(1)])
        try writer.finish()
        try FileManager.default.removeItem(at: copy.url.appending(path: "model.safetensors"))
        let checkpoint = try Checkpoint(directory: copy.url)
        let error = #expect(throws: LanguageModelError.self) { try LanguageModel([WeightStore(checkpoint)]) }
        guard case .inCheckpoint(_, let inner)? = error else { return error }
        return inner
    }
}
