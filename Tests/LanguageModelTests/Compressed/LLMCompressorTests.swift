import Checkpoint
import Compression
import Foundation
import JSON
import LanguageModel
import TestSupport
import Testing

/// Checkpoints that llm-compressor made, and the losses that transformers computes of them in float32
/// (`Tests/Fixtures/generate/llm_compressor.py`).
struct LLMCompressorTests {
    private static let names = [
        "fp8-block", "fp8-dynamic", "mixed", "mxfp4a16", "mxfp8a16", "nvfp4", "nvfp4a16", "w4a16-awq", "w4a16-gptq",
        "w8a8-smoothquant",
    ]

    /// Those whose inputs are rounded, so that the last bit of a sum decides which of two numbers an input becomes.
    private static let roundsInputs: Set<String> = ["fp8-block", "fp8-dynamic", "nvfp4", "w8a8-smoothquant"]

    /// Windows of four tokens: what each weight does shows, and a number that rounds otherwise moves few others.
    @Test(arguments: names)
    func windowsAreThoseOfTransformers(name: String) throws {
        let expected = try #require(try Self.expected(name, "windows")?.array?.compactMap(\.double))
        let found = try Self.losses(name, context: 4, windows: 64)
        #expect(expected.count == found.count)
        let differences = zip(found, expected).map { abs($0 - $1) }.sorted()
        if Self.roundsInputs.contains(name) {
            #expect(differences[31] < 1e-5, "\(differences)")
        } else {
            #expect(differences[63] < 1e-5, "\(differences)")
        }
    }

    /// Whole windows, where no number that rounds otherwise moves all that follows it.
    @Test(arguments: names.filter { !roundsInputs.contains($0) })
    func lossesAreThoseOfTransformers(name: String) throws {
        let expected = try #require(try Self.expected(name, "loss")?.double)
        let windows = try Self.losses(name, context: 128, windows: 4)
        let loss = windows.reduce(0, +) / 4
        #expect(abs(loss - expected) < 1e-5, "\(loss) is not \(expected)")
    }

    private static func expected(_ name: String, _ key: String) throws -> JSONValue? {
        try Fixtures.json("llm-compressor.json").object?[name]?.object?[key]
    }

    /// The mean loss of each window.
    private static func losses(_ name: String, context: Int, windows: Int) throws -> [Double] {
        let ids = try Fixtures.tokenIDs("heldout").prefix(windows * context).map { $0 % 256 }
        let directory = Fixtures.directory.appending(path: "llm-compressor/\(name)")
        let model = try LanguageModel([WeightStore(Checkpoint(directory: directory))])
        let score = try model.score(TokenWindows(ids: ids, context: context))[0]
        return score.windows.map { $0.negativeLogLikelihood / Double(context - 1) }
    }
}
