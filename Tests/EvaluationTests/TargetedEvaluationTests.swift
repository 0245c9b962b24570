import Checkpoint
import Compression
import Evaluation
import Foundation
import TestSupport
import Testing

/// Variants that stop by themselves, on a checkpoint of the demo archive with later steps of its training as variants.
struct TargetedEvaluationTests {
    private static let demo = Fixtures.demoArchive.appending(path: "neox-200k-seed1")
    private static let stream: [UInt32] = (0..<3200).map { UInt32(($0 * 7919 + $0 / 13) % 1024) }
    private static let context = 16

    private static func evaluator(_ steps: [Int]) throws -> Evaluator {
        try Evaluator(
            try steps.map { step in
                let directory = demo.appending(path: "step\(step)")
                return .init(name: "\(step)", weights: try WeightStore(try Checkpoint(directory: directory)))
            })
    }

    private static func request(_ target: Double, limit: Int? = nil, baselineWindows: Int = 0)
        -> Evaluator.TargetedRequest
    {
        .init(
            context: context, target: PrecisionTarget(qidStderr: target), limit: limit, baselineWindows: baselineWindows
        )
    }

    /// The windows that a variant needs by the rule, from the differences of all its windows.
    private static func needed(_ result: EvaluationResult, _ baseline: EvaluationResult, _ target: Double) -> Int {
        let differences = zip(result.windowNLL, baseline.windowNLL).map { ($0 - $1) / Double(context - 1) }
        let looks = Array(stride(from: 32, to: differences.count, by: 16))
        return looks.first { windows in
            let blocks = WindowBlocks(places: Array(result.windowPlaces.prefix(windows)), context: context)
            return (blocks.standardError(ofMean: Array(differences.prefix(windows))) ?? .infinity) <= target
        } ?? differences.count
    }

    @Test func eachStopsWhenItsOwnQiDIsKnown() throws {
        let steps = [128, 256, 512, 1024]
        let evaluator = try Self.evaluator(steps)
        let all = try evaluator.evaluate(Self.stream, .init(context: Self.context))
        let errors = all.results.compactMap(\.qidStandardError).sorted()
        let target = (errors[1] + errors[2]) / 2 * 1.3
        let stopped = try evaluator.evaluate(Self.stream, Self.request(target, baselineWindows: 40))
        #expect(stopped.availableWindows == 200 && stopped.variants.map(\.name) == ["256", "512", "1024"])
        var counts: Set<Int> = []
        for (result, whole) in zip(stopped.variants, all.results.dropFirst()) {
            let count = Self.needed(whole, all.results[0], target)
            counts.insert(count)
            #expect(result.windowNLL == Array(whole.windowNLL.prefix(count)))
            #expect(result.tokens == count * 15)
            #expect(abs(result.loss - result.baselineLoss - result.qid) < 1e-12)
            if count < 200 { #expect((result.qidStandardError ?? .infinity) <= target) }
        }
        // The rule is put to the test only where they differ.
        #expect(counts.count > 1)
        #expect(stopped.baseline?.windowNLL == Array(all.results[0].windowNLL.prefix(40)))
    }

    @Test func companionsChangeNothing() throws {
        let target = 0.05
        let together = try Self.evaluator([128, 256, 512, 1024]).evaluate(
            Self.stream, Self.request(target, limit: 150, baselineWindows: 128))
        for (place, step) in [256, 512, 1024].enumerated() {
            let alone = try Self.evaluator([128, step]).evaluate(Self.stream, Self.request(target, limit: 150))
            #expect(alone.variants == [together.variants[place]])
            #expect(alone.baseline == nil)
        }
        let baseline = try Self.evaluator([128]).evaluate(
            Self.stream, Self.request(target, limit: 150, baselineWindows: 128))
        #expect(baseline.baseline == together.baseline && baseline.baseline?.windowNLL.count == 128)
    }

    @Test func theLimitHoldsForAll() throws {
        let evaluation = try Self.evaluator([128, 1024]).evaluate(
            Self.stream, Self.request(1e-9, limit: 40, baselineWindows: 128))
        #expect(evaluation.availableWindows == 40)
        #expect(evaluation.variants[0].windowNLL.count == 40 && evaluation.baseline?.windowNLL.count == 40)
    }

    @Test func valuesThatAreNotFiniteEndOnlyWhatTheyConcern() throws {
        let broken = try BrokenCheckpoint(
            Self.demo.appending(path: "step128"), tensor: "gpt_neox.layers.2.mlp.dense_4h_to_h.weight")
        let bad = Evaluator.Variant(
            name: "broken", weights: try WeightStore(try Checkpoint(directory: broken.directory)))
        let good = try [128, 1024].map { step in
            let directory = Self.demo.appending(path: "step\(step)")
            return Evaluator.Variant(name: "\(step)", weights: try WeightStore(try Checkpoint(directory: directory)))
        }
        let one = try Evaluator([good[0], bad, good[1]]).evaluate(Self.stream, Self.request(0.2))
        #expect(one.variants.map(\.notFiniteAfter) == ["gpt_neox.layers.2", nil])
        let without = try Evaluator(good).evaluate(Self.stream, Self.request(0.2))
        #expect(one.variants[1] == without.variants[0])
        // Nothing can be compared with a baseline that is not finite.
        let baseline = try Evaluator([bad, good[1]]).evaluate(Self.stream, Self.request(0.2, baselineWindows: 16))
        #expect(baseline.variants[0].notFiniteAfter == "gpt_neox.layers.2")
        #expect(baseline.baseline?.notFiniteAfter == "gpt_neox.layers.2")
    }

    @Test func targetsThatAreNeverReachedAreRefused() throws {
        #expect(throws: EvaluationError.standardErrorNotPositive(0)) {
            try Self.evaluator([128, 1024]).evaluate(Self.stream, Self.request(0))
        }
    }
}
