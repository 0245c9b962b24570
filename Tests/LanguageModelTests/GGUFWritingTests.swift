import Calibration
import Checkpoint
import Compression
import Foundation
import GGUF
import JSON
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
        "apertus", "bitnet", "cohere", "cohere normed", "falcon alibi", "falcon new", "gemma2", "gemma3",
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
}
