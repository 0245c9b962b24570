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
    private static let demo = Fixtures.demoArchive.appending(path: "neox-200k-seed1")
    private static let stream: [UInt32] = (0..<40_000).map { UInt32(($0 * 7919 + $0 / 13) % 1024) }

    private static func weights(_ step: String) throws -> WeightStore {
        try WeightStore(try Checkpoint(directory: demo.appending(path: step)))
    }

    private static func evaluator(_ steps: String...) throws -> Evaluator {
        try Evaluator(try steps.map { .init(name: $0, weights: try weights($0)) })
    }

    @Test func resultsFollowTheirDefinitions() throws {
        let evaluation = try Self.evaluator("step256", "step1024").evaluate(
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
        let blocks = WindowBlocks(places: other.windowPlaces, context: 64)
        #expect(other.qidStandardError == blocks.standardError(ofMean: differences))
        #expect(abs(other.kl - other.windowKL.reduce(0, +) / 378) < 1e-12)
        #expect(other.klStandardError == blocks.standardError(ofMean: other.windowKL.map { $0 / 63 }))
        #expect(base.klStandardError == 0 && base.ratioStandardError == nil)
        let ratio = other.qid / other.kl
        let left = zip(differences, other.windowKL).map { $0 - ratio * $1 / 63 }
        let ratioError = try #require(blocks.standardError(ofMean: left)) / other.kl
        #expect(abs((try #require(other.ratioStandardError)) - ratioError) < 1e-12)
        #expect(other.kl > 0 && other.agreement < 1 && other.agreement > 0)
    }

    /// Each window of a document has the score that it has alone, whatever it was filled up with.
    @Test func documentsAreScoredApart() throws {
        let evaluator = try Self.evaluator("step256", "step1024")
        let starts = [0, 3, 4, 40, 41, 110, 300]
        let stream = Array(Self.stream.prefix(333))
        for beginning in [nil, UInt32(5)] {
            let evaluation = try evaluator.evaluate(
                stream, .init(context: 64, beginning: beginning, documents: starts, order: .shard))
            let shard = try ShardWindows(
                stream: stream, context: 64, beginning: beginning, documents: starts, count: .all, order: .shard,
                vocabularySize: 1024)
            #expect(evaluation.windows == shard.count && Set(shard.windows.map(\.count)).count > 4)
            for result in evaluation.results {
                #expect(result.windowTokens == shard.windows.map { $0.count - 1 })
                #expect(result.tokens == result.windowTokens.reduce(0, +))
            }
            for (index, window) in shard.windows.enumerated() {
                let alone = try evaluator.evaluate(window, .init(context: window.count))
                for (result, expected) in zip(evaluation.results, alone.results) {
                    #expect(abs(result.windowNLL[index] - expected.windowNLL[0]) < 1e-4)
                    #expect(abs(result.windowKL[index] - expected.windowKL[0]) < 1e-4)
                }
            }
            let (base, other) = (evaluation.results[0], evaluation.results[1])
            #expect(abs(other.qid - (other.loss - base.loss)) < 1e-12)
            #expect(try #require(other.qidStandardError) > 0)
        }
    }

    @Test func jsonIsTheContracts() throws {
        let evaluation = try Self.evaluator("step256", "step1024").evaluate(
            Self.stream, .init(context: 32, windows: .first(1)))
        let json = try #require(try JSONValue(parsing: evaluation.json.canonicalText).object)
        #expect(Set(json.keys) == ["context", "windows", "tokens", "results"])
        let result = try #require(json["results"]?.array?[1].object)
        #expect(
            Set(result.keys) == [
                "name", "loss", "perplexity", "window_places", "window_tokens", "window_nll", "window_kl", "qid",
                "qid_stderr", "kl", "kl_stderr", "rho_stderr", "agreement", "bits_per_weight",
            ])
        #expect(result["name"] == "step1024" && result["window_nll"]?.array?.count == 1)
        #expect(result["loss"]?.double == evaluation.results[1].loss)
        // One window has no standard error.
        #expect(result["qid_stderr"] == .null && result["kl_stderr"] == .null && result["rho_stderr"] == .null)
        // The first window of a random order is any of the shard's 1250.
        #expect(result["window_places"]?.array == [.integer(WindowOrder.usual.places(1, of: 1250)[0])])
    }

    @Test func addsWindowsUntilTheStandardErrorIsReached() throws {
        let evaluator = try Self.evaluator("step256", "step1024")
        let all = try evaluator.evaluate(Self.stream, .init(context: 16, windows: .first(96)))
        func result(_ windows: Int) throws -> EvaluationResult {
            try evaluator.evaluate(Self.stream, .init(context: 16, windows: .first(windows))).results[1]
        }
        let sizes = Array(stride(from: 32, through: 64, by: 16))
        let target = try #require(try result(48).qidStandardError)
        let used = try #require(try sizes.first { try (result($0).qidStandardError ?? .infinity) <= target })
        let adaptive = try evaluator.evaluate(
            Self.stream, .init(context: 16, windows: .until(PrecisionTarget(qidStderr: target), limit: 96)))
        #expect(adaptive.windows == used && adaptive.availableWindows == 96)
        #expect(adaptive.results[1].windowNLL == Array(all.results[1].windowNLL.prefix(used)))
        // Of KL likewise, in relative terms.
        let half = try result(48)
        let share = try #require(half.klStandardError) / half.kl
        let byKL = try evaluator.evaluate(
            Self.stream, .init(context: 16, windows: .until(PrecisionTarget(klError: share), limit: 96)))
        let wanted = try sizes.first { size in
            let one = try result(size)
            return (one.klStandardError ?? .infinity) <= share * one.kl
        }
        #expect(byKL.windows == wanted)
        // However little is asked for, a few windows do not know it.
        let easy = try #require(PrecisionTarget(qidStderr: 100, klError: 100))
        #expect(
            try evaluator.evaluate(Self.stream, .init(context: 16, windows: .until(easy, limit: nil))).windows
                == WindowCount.least)
        let never = try evaluator.evaluate(
            Self.stream, .init(context: 16, windows: .until(PrecisionTarget(qidStderr: 1e-9), limit: 40)))
        #expect(never.windows == 40)
    }

    @Test func repeatsItselfForAnyNumberOfThreads() throws {
        let evaluator = try Self.evaluator("step256", "step1024")
        let request = Evaluator.Request(context: 48, windows: .first(5))
        let one = try Parallel.$limit.withValue(1) { try evaluator.evaluate(Self.stream, request) }
        let three = try Parallel.$limit.withValue(3) { try evaluator.evaluate(Self.stream, request) }
        #expect(one == three)
    }

    @Test func aVariantThatIsNotFiniteIsReportedAndTheOthersStand() throws {
        let broken = try BrokenCheckpoint(
            Self.demo.appending(path: "step256"), tensor: "gpt_neox.layers.2.mlp.dense_4h_to_h.weight")
        let weights = try WeightStore(Checkpoint(directory: broken.directory))
        let variants = [
            Evaluator.Variant(name: "baseline", weights: try Self.weights("step256")),
            Evaluator.Variant(name: "broken", weights: weights),
            Evaluator.Variant(name: "later", weights: try Self.weights("step1024")),
        ]
        let request = Evaluator.Request(context: 32, windows: .until(PrecisionTarget(qidStderr: 10), limit: 64))
        let evaluation = try Evaluator(variants).evaluate(Self.stream, request)
        // The broken one does not keep the others from being known well enough.
        #expect(evaluation.windows == WindowCount.least)
        #expect(evaluation.results.map(\.notFiniteAfter) == [nil, "gpt_neox.layers.2", nil])
        #expect(evaluation.results[2].loss.isFinite)
        let json = try #require(evaluation.results[1].json.object)
        for key in ["loss", "perplexity", "qid", "qid_stderr", "kl", "kl_stderr", "rho_stderr", "agreement"] {
            #expect(json[key] == .null)
        }
        #expect(json["window_nll"]?.array?.first == .null)

        #expect(throws: EvaluationError.notFinite(name: "broken", module: "gpt_neox.layers.2")) {
            try Evaluator([variants[1], variants[0]]).evaluate(Self.stream, request)
        }
    }

    @Test func agreesWithTransformersOnRoundedWeights() throws {
        let step = "step1024"
        let expected = try #require(try Fixtures.json("rtn/neox-200k-seed1/\(step).json").object)
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
            Fixtures.tokenIDs("heldout"), .init(context: 256, windows: .first(128), order: .shard))
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
