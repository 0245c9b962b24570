import Checkpoint
import Compression
import Evaluation
import Foundation
import JSON
import Kernels
import LanguageModel
import TestSupport
import Testing

/// Evaluations of a checkpoint of the demo archive, which lies in the repository.
struct EvaluatorTests {
    private static let demo = Fixtures.demoArchive.appending(path: "neox-200k")
    private static let stream: [UInt32] = (0..<40_000).map { UInt32(($0 * 7919 + $0 / 13) % 1024) }

    private static func weights(_ step: String) throws -> WeightStore {
        try WeightStore(try Checkpoint(directory: demo.appending(path: step)))
    }

    private static func evaluator(_ steps: String...) throws -> Evaluator {
        try Evaluator(try steps.map { .init(name: $0, weights: try weights($0)) })
    }

    @Test func resultsFollowTheirDefinitions() throws {
        let evaluation = try Self.evaluator("step512", "step4096").evaluate(
            Self.stream, .init(context: 64, windows: .first(6)))
        let (base, other) = (evaluation.results[0], evaluation.results[1])
        #expect(evaluation.context == 64 && evaluation.windows == 6 && evaluation.tokens == 6 * 63)
        for result in [base, other] {
            #expect(result.windowNLL.count == 6)
            #expect(abs(result.loss - result.windowNLL.reduce(0, +) / 378) < 1e-12)
            #expect(abs(result.perplexity - exp(result.loss)) < 1e-9 * result.perplexity)
            #expect(result.bitsPerWeight == 16)
        }
        #expect(base.qid == 0 && base.qidStandardError == 0 && base.kl == 0 && base.agreement == 1)
        #expect(abs(other.qid - (other.loss - base.loss)) < 1e-12)
        let differences = zip(other.windowNLL, base.windowNLL).map { ($0 - $1) / 63 }
        #expect(other.qidStandardError == PairedDifference(differences).standardError)
        #expect(other.kl > 0 && other.agreement < 1 && other.agreement > 0)
    }

    @Test func jsonIsTheContracts() throws {
        let evaluation = try Self.evaluator("step512", "step4096").evaluate(
            Self.stream, .init(context: 32, windows: .first(1)))
        let json = try #require(try JSONValue(parsing: evaluation.json.canonicalText).object)
        #expect(Set(json.keys) == ["context", "windows", "tokens", "results"])
        let result = try #require(json["results"]?.array?[1].object)
        #expect(
            Set(result.keys) == [
                "name", "loss", "perplexity", "window_nll", "qid", "qid_stderr", "kl", "agreement", "bits_per_weight",
            ])
        #expect(result["name"] == "step4096" && result["window_nll"]?.array?.count == 1)
        #expect(result["loss"]?.double == evaluation.results[1].loss)
        // One window has no standard error.
        #expect(result["qid_stderr"] == .null)
    }

    @Test func addsWindowsUntilTheStandardErrorIsReached() throws {
        let evaluator = try Self.evaluator("step512", "step4096")
        let all = try evaluator.evaluate(Self.stream, .init(context: 16, windows: .first(96)))
        func standardError(_ windows: Int) throws -> Double {
            let differences = zip(all.results[1].windowNLL, all.results[0].windowNLL).prefix(windows).map {
                ($0 - $1) / 15
            }
            return try #require(PairedDifference(differences).standardError)
        }
        let target = try standardError(64)
        let used = try #require(try stride(from: 16, through: 64, by: 16).first { try standardError($0) <= target })
        let adaptive = try evaluator.evaluate(
            Self.stream, .init(context: 16, windows: .untilStandardError(target, limit: 96)))
        #expect(adaptive.windows == used && adaptive.availableWindows == 96)
        #expect(adaptive.results[1].windowNLL == Array(all.results[1].windowNLL.prefix(used)))
        let never = try evaluator.evaluate(
            Self.stream, .init(context: 16, windows: .untilStandardError(1e-9, limit: 40)))
        #expect(never.windows == 40)
    }

    @Test func repeatsItselfForAnyNumberOfThreads() throws {
        let evaluator = try Self.evaluator("step512", "step4096")
        let request = Evaluator.Request(context: 48, windows: .first(5))
        let one = try Parallel.$limit.withValue(1) { try evaluator.evaluate(Self.stream, request) }
        let three = try Parallel.$limit.withValue(3) { try evaluator.evaluate(Self.stream, request) }
        #expect(one == three)
    }

    @Test func aVariantThatIsNotFiniteIsReportedAndTheOthersStand() throws {
        let broken = try BrokenCheckpoint(
            Self.demo.appending(path: "step512"), tensor: "gpt_neox.layers.2.mlp.dense_4h_to_h.weight")
        let weights = try WeightStore(Checkpoint(directory: broken.directory))
        let variants = [
            Evaluator.Variant(name: "baseline", weights: try Self.weights("step512")),
            Evaluator.Variant(name: "broken", weights: weights),
            Evaluator.Variant(name: "later", weights: try Self.weights("step4096")),
        ]
        let request = Evaluator.Request(context: 32, windows: .untilStandardError(10, limit: 32))
        let evaluation = try Evaluator(variants).evaluate(Self.stream, request)
        // The broken one does not keep the others from being known well enough.
        #expect(evaluation.windows == WindowCount.block)
        #expect(evaluation.results.map(\.notFiniteAfter) == [nil, "gpt_neox.layers.2", nil])
        #expect(evaluation.results[2].loss.isFinite)
        let json = try #require(evaluation.results[1].json.object)
        for key in ["loss", "perplexity", "qid", "qid_stderr", "kl", "agreement"] { #expect(json[key] == .null) }
        #expect(json["window_nll"]?.array?.first == .null)

        #expect(throws: EvaluationError.notFinite(name: "broken", module: "gpt_neox.layers.2")) {
            try Evaluator([variants[1], variants[0]]).evaluate(Self.stream, request)
        }
    }

    @Test func agreesWithTransformersOnRoundedWeights() throws {
        let step = "step4096"
        let expected = try #require(try Fixtures.json("rtn/neox-200k/\(step).json").object)
        let scratch = try ScratchDirectory()
        let names = expected.keys.filter { $0.hasPrefix("rtn-") }
        let targets = try Self.specs.map { spec in
            let directory = scratch.url.appending(path: spec.name)
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            return CompressionTarget(spec, directory: directory)
        }
        #expect(Set(names) == Set(targets.map(\.spec.name)))
        let baseline = try Checkpoint(directory: Self.demo.appending(path: step))
        let modules = try ModelVariant(WeightStore(baseline)).description.linearModules
        try compress(
            baseline, modules: modules, into: targets, provenance: Provenance(source: "test", version: "test"))
        let variants =
            try [Evaluator.Variant(name: "baseline", weights: WeightStore(baseline))]
            + targets.map { .init(name: $0.spec.name, weights: try WeightStore(Checkpoint(directory: $0.directory))) }
        let evaluation = try Evaluator(variants).evaluate(
            Fixtures.tokenIDs("heldout"), .init(context: 256, windows: .first(128)))
        #expect(evaluation.tokens == expected["tokens"]?.int)
        for result in evaluation.results {
            let loss = try #require(expected[result.name]?.double)
            #expect(abs(result.loss - loss) < 1e-6, "\(result.name)")
        }
    }

    private static var specs: [Spec] {
        get throws {
            try [8, 4, 3, 2].map { try Spec(method: .rtn, bits: $0) }
                + [4, 3, 2].map { try Spec(method: .rtn, bits: $0, group: .size(16), symmetric: false) }
        }
    }
}

/// A copy of a checkpoint in which the first value of one float16 tensor is infinite.
struct BrokenCheckpoint {
    private let scratch: ScratchDirectory
    var directory: URL { scratch.url }

    init(_ source: URL, tensor: String) throws {
        scratch = try ScratchDirectory()
        var bytes = try Data(contentsOf: source.appending(path: "model.safetensors"))
        let start = try Checkpoint(directory: source).tensor(tensor).info.byteRange.lowerBound
        bytes[start] = 0
        bytes[start + 1] = 0x7c
        try bytes.write(to: directory.appending(path: "model.safetensors"))
        try FileManager.default.copyItem(
            at: source.appending(path: "config.json"), to: directory.appending(path: "config.json"))
    }
}
