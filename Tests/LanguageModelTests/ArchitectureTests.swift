import Checkpoint
import Compression
import Foundation
import JSON
import LanguageModel
import TestSupport
import Testing

/// Models of every family, saved by transformers, against the losses that transformers computes for them.
struct ArchitectureTests {
    private static let names = [
        "gpt_neox-parallel", "gpt_neox-sequential", "llama-gqa", "llama-tied-ropescale", "mistral-sliding",
        "qwen2-bias",
        "qwen3-qknorm", "gpt2", "olmo2-postnorm", "olmo-nonparametric", "opt", "bitnet", "gemma", "gemma2",
        "gemma3_text",
        "phi", "phi3-longrope", "stablelm", "stablelm-parallel", "granite", "cohere", "starcoder2", "gpt_bigcode",
        "nemotron", "gptj", "falcon-multiquery", "falcon-new", "falcon-alibi", "bloom", "mpt", "apertus", "hf_olmo",
        "olmoe", "mixtral", "qwen2_moe", "qwen3_moe", "qwen3_moe-stacked", "gpt_oss", "gpt_oss-mxfp4",
    ]

    @Test(arguments: names, [(128, 24), (256, 8)])
    func agreesWithTransformers(name: String, windows: (context: Int, count: Int)) throws {
        let reference = try Fixtures.json("architectures/reference.json").object
        let key = "context\(windows.context)_windows\(windows.count)"
        let expected = try #require(reference?[name]?.object?[key]?.object)
        let checkpoint = try Checkpoint(directory: Fixtures.directory.appending(path: "architectures/\(name)"))
        let ids = try Fixtures.tokenIDs("heldout").prefix(windows.context * windows.count)
        let score = try LanguageModel([try WeightStore(checkpoint)]).score(
            TokenWindows(ids: Array(ids), context: windows.context))[0]

        let tokens = windows.count * (windows.context - 1)
        let loss = score.windows.reduce(0) { $0 + $1.negativeLogLikelihood } / Double(tokens)
        let expectedLoss = try #require(expected["loss"]?.double)
        #expect(abs(loss - expectedLoss) < 1e-5)
        let expectedWindows = try #require(expected["window_nll"]?.array).compactMap(\.double)
        #expect(expectedWindows.count == score.windows.count)
        for (found, expected) in zip(score.windows, expectedWindows) {
            #expect(abs(found.negativeLogLikelihood - expected) < 1e-5 * expected)
        }
    }
}
