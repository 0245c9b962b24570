import Compression
import Foundation
import Kernels
import LanguageModel
import Synchronization
import Testing

struct LockstepTests {
    /// A baseline and two variants of the form where most can differ: fused heads, parallel residual, untied head.
    private static func variants() throws -> [TinyCheckpoint] {
        let config = try #require(TinyConfigurations.all["neox parallel"])
        let variants = try (0..<3).map { _ in try TinyCheckpoint(config, seed: 5) }
        try variants[1].perturb(by: 0.02)
        try variants[2].perturb(by: 0.1)
        return variants
    }

    @Test func aVariantsScoresDoNotDependOnItsCompanions() throws {
        let variants = try Self.variants()
        let windows = variants[0].windows(5, context: 19)
        let stores = try variants.map { try $0.store() }
        let together = try LanguageModel(stores).score(windows)
        for index in 1..<3 {
            let alone = try LanguageModel([stores[0], stores[index]]).score(windows)
            #expect(alone[0] == together[0])
            #expect(alone[1] == together[index])
        }
    }

    /// What precedes a token does not depend on what follows: the first half is scored as a window of its own.
    @Test(arguments: ["neox parallel", "llama"])
    func theHalvesOfAWindowAddUpToTheWhole(name: String) throws {
        let checkpoint = try TinyCheckpoint(#require(TinyConfigurations.all[name]), seed: 5)
        let model = try LanguageModel([try checkpoint.store()])
        let (context, count) = (19, 5)
        let windows = checkpoint.windows(count, context: context)
        let whole = try model.score(windows)[0].windows
        let second = try model.score(windows, options: ScoringOptions(scored: .secondHalf))[0].windows
        for index in 0..<count {
            let half = TokenWindows(ids: windows[index].prefix(context / 2 + 1).map { $0 }, context: context / 2 + 1)
            let first = try model.score(half)[0].windows[0]
            #expect(first.scoredTokens + second[index].scoredTokens == whole[index].scoredTokens)
            let sum = first.negativeLogLikelihood + second[index].negativeLogLikelihood
            #expect(abs(sum - whole[index].negativeLogLikelihood) < 1e-4)
        }
    }

    @Test func scoresDoNotDependOnThreads() throws {
        let variants = try Self.variants()
        let windows = variants[0].windows(5, context: 19)
        let model = try LanguageModel(try variants.map { try $0.store() })
        let one = try Parallel.$limit.withValue(1) { try model.score(windows) }
        for threads in [2, 3, 7] {
            let many = try Parallel.$limit.withValue(threads) { try model.score(windows) }
            #expect(many == one, "\(threads) threads")
        }
    }

    /// Kept weights take a few rows at a time through a layer, 32 at most here: blocks begin inside of windows.
    @Test(arguments: TinyConfigurations.all.keys.sorted())
    func scoresDoNotDependOnWhetherWeightsAreKept(name: String) throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all[name]), seed: 3)
        let windows = tiny.windows(7, context: 11)
        let model = try LanguageModel([tiny.store()])
        for scored in [ScoredTokens.all, .secondHalf] {
            let options = ScoringOptions(scored: scored)
            let kept = try Parallel.$limit.withValue(7) { try model.score(windows, options: options) }
            let passing = try PrepackedWeight.$limit.withValue(0) { try model.score(windows, options: options) }
            #expect(kept == passing)
        }
    }

    @Test func scoresDoNotDependOnTheMemoryBudget() throws {
        let variants = try Self.variants()
        let windows = variants[0].windows(7, context: 19)
        let model = try LanguageModel(try variants.map { try $0.store() })
        let plenty = try model.score(windows)
        guard
            case .memoryBudget(_, let least) = try #require(
                throws: LanguageModelError.self,
                performing: {
                    try model.score(windows, options: ScoringOptions(memoryBudget: 1))
                })
        else {
            Issue.record("a budget of one byte was refused for another reason")
            return
        }
        for budget in [least, least + least / 2, 3 * least, 6 * least] {
            let scores = try model.score(windows, options: ScoringOptions(memoryBudget: budget))
            #expect(scores == plenty, "a budget of \(budget) bytes")
        }
        #expect(throws: LanguageModelError.memoryBudget(given: least - 1, needed: least)) {
            try model.score(windows, options: ScoringOptions(memoryBudget: least - 1))
        }
    }

    @Test func windowsAreScoredAlone() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["mistral"]))
        let windows = tiny.windows(4, context: 13)
        let model = try LanguageModel([tiny.store()])
        let all = try model.score(windows)[0].windows
        for index in 0..<4 {
            #expect(try model.score(windows.windows(index..<index + 1))[0].windows == [all[index]])
        }
    }

    @Test func progressRisesToOne() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["gpt2"]))
        let seen = Mutex<[Double]>([])
        let control = RunControl(progress: { share in seen.withLock { $0.append(share) } })
        _ = try LanguageModel([tiny.store(), tiny.store()]).score(tiny.windows(6, context: 8), control: control)
        let shares = seen.withLock { $0 }
        #expect(shares == shares.sorted() && shares.last == 1 && shares.count >= 5)
    }

    @Test func stopsBetweenLayersWhenAsked() throws {
        let tiny = try TinyCheckpoint(#require(TinyConfigurations.all["llama"]))
        let asked = Atomic(0)
        let control = RunControl(isCancelled: { asked.wrappingAdd(1, ordering: .relaxed).newValue == 3 })
        #expect(throws: LanguageModelError.cancelled) {
            try LanguageModel([tiny.store()]).score(tiny.windows(2, context: 8), control: control)
        }
        #expect(asked.load(ordering: .relaxed) == 3)
    }
}
