import Checkpoint
import Compression
import Foundation
import JSON
import LanguageModel
import Testing

/// Models of every family, saved by transformers, against the losses that transformers computes for them.
struct ArchitectureTests {
    private static let names = [
        "gpt_neox-parallel", "gpt_neox-sequential", "llama-gqa", "llama-tied-ropescale", "mistral-sliding",
        "qwen2-bias",
        "qwen3-qknorm", "gpt2", "olmo2-postnorm", "olmo-nonparametric", "opt", "bitnet",
    ]

    @Test(
        .enabled(if: Oracles.areThere, "the oracles at ../shared/oracles are not there"), arguments: names,
        [(128, 24), (256, 8)])
    func agreesWithTransformers(name: String, windows: (context: Int, count: Int)) throws {
        let reference = try Oracles.json("architectures/reference.json")
        let key = "context\(windows.context)_windows\(windows.count)"
        let expected = try #require(reference[name]?.object?[key]?.object)
        let checkpoint = try Checkpoint(directory: Oracles.directory.appending(path: "architectures/\(name)"))
        let ids = try Oracles.heldout().prefix(windows.context * windows.count)
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

/// Answers made by other implementations, beside the repository.
enum Oracles {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/oracles").standardizedFileURL

    static let areThere = FileManager.default.fileExists(atPath: directory.path(percentEncoded: false))

    static func json(_ path: String) throws -> JSONObject {
        let bytes = [UInt8](try Data(contentsOf: directory.appending(path: path)))
        return try JSONValue(parsing: bytes).object ?? JSONObject()
    }

    /// The token ids of the held-out shard: a NumPy file of little-endian uint16.
    static func heldout() throws -> [UInt32] {
        let bytes = [UInt8](try Data(contentsOf: directory.appending(path: "heldout.npy")))
        let first = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
        return stride(from: first, to: bytes.count - 1, by: 2).map { UInt32(bytes[$0]) | UInt32(bytes[$0 + 1]) << 8 }
    }
}
