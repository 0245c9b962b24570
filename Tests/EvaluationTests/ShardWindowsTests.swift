import Evaluation
import LanguageModel
import Testing

struct ShardWindowsTests {
    private static let stream: [UInt32] = Array(0..<11)

    private func windows(
        _ context: Int, _ count: WindowCount, order: WindowOrder = .shard, vocabularySize: Int = 11
    ) throws -> ShardWindows {
        try ShardWindows(
            stream: Self.stream, context: context, count: count, order: order, vocabularySize: vocabularySize)
    }

    private static func until(_ stderr: Double, limit: Int? = nil) -> WindowCount {
        .until(PrecisionTarget(qidStderr: stderr), limit: limit)
    }

    @Test func windowsFollowEachOtherAndAnIncompleteOneIsDropped() throws {
        let all = try windows(4, .all)
        #expect(all.windows == [[0, 1, 2, 3], [4, 5, 6, 7]])
        #expect(try windows(4, .first(1)).windows == [[0, 1, 2, 3]])
        #expect(try windows(4, .first(9)) == all)
        #expect(try windows(4, Self.until(0.1)) == all)
        #expect(try windows(4, Self.until(0.1, limit: 1)).count == 1)
        #expect(try windows(11, .all).count == 1)
    }

    @Test func aRandomOrderTakesEachWindowOnceAndBeginsTheSameHoweverManyAreTaken() throws {
        let all = try windows(1 + 1, .all, order: .random(seed: 5))
        #expect(all.places.sorted() == [0, 1, 2, 3, 4] && all.places != [0, 1, 2, 3, 4])
        for (index, place) in all.places.enumerated() {
            #expect(all.windows[index] == [UInt32(2 * place), UInt32(2 * place + 1)])
        }
        for count in 1..<5 {
            #expect(try windows(2, .first(count), order: .random(seed: 5)).places == Array(all.places.prefix(count)))
        }
        // Artifacts depend on it: another permutation needs another version of the stage.
        #expect(WindowOrder.usual.places(8, of: 614) == Self.known)
        #expect(WindowOrder.random(seed: 2).places(8, of: 614) != Self.known)
    }

    /// Fisher and Yates from the front with SplitMix64, written in Python.
    private static let known = [347, 458, 596, 274, 275, 469, 539, 324]

    /// Every window is as likely to come first: χ² of 20 places, below its 99.9 % quantile.
    @Test func allWindowsAreAsLikely() {
        var counts = [Int](repeating: 0, count: 20)
        for seed in 0..<4000 {
            for place in WindowOrder.random(seed: seed).places(5, of: 20) { counts[place] += 1 }
        }
        let chi = counts.reduce(0.0) { $0 + (Double($1) - 1000) * (Double($1) - 1000) / 1000 }
        #expect(chi < 43.8, "\(counts)")
    }

    @Test func aBeginningTakesTheFirstPlaceOfEachWindow() throws {
        let windows = try ShardWindows(
            stream: Self.stream, context: 4, beginning: 9, count: .all, order: .shard, vocabularySize: 11)
        #expect(windows.windows == [[9, 0, 1, 2], [9, 3, 4, 5], [9, 6, 7, 8]])
        #expect(windows.context == 4 && windows.places == [0, 1, 2])
        #expect(throws: EvaluationError.tokenOutOfRange(id: 11, position: 0, vocabularySize: 11)) {
            try ShardWindows(
                stream: Self.stream, context: 4, beginning: 11, count: .all, order: .shard, vocabularySize: 11)
        }
    }

    @Test func documentsAreCutForThemselves() throws {
        let windows = { (beginning: UInt32?) in
            try ShardWindows(
                stream: Self.stream, context: 4, beginning: beginning, documents: [0, 5, 6], count: .all, order: .shard,
                vocabularySize: 11)
        }
        // Rests of one token score nothing, unless something stands before them.
        #expect(try windows(nil).windows == [[0, 1, 2, 3], [6, 7, 8, 9]])
        #expect(
            try windows(9).windows == [[9, 0, 1, 2], [9, 3, 4], [9, 5], [9, 6, 7, 8], [9, 9, 10]])
        let short = try ShardWindows(
            stream: Self.stream, context: 64, documents: [0, 5, 6], count: .all, order: .shard, vocabularySize: 11)
        #expect(short.windows == [[0, 1, 2, 3, 4], [6, 7, 8, 9, 10]] && short.places == [0, 1])
        #expect(throws: EvaluationError.tooFewTokens(found: 11, context: 2)) {
            try ShardWindows(
                stream: Self.stream, context: 4, documents: Array(0..<11), count: .all, order: .shard,
                vocabularySize: 11)
        }
    }

    @Test func refusesAShardShorterThanAWindow() {
        #expect(throws: EvaluationError.tooFewTokens(found: 11, context: 12)) { try windows(12, .all) }
    }

    @Test(arguments: [-3, 0, 1])
    func refusesAContextThatScoresNothing(context: Int) {
        #expect(throws: EvaluationError.contextTooShort(context)) { try windows(context, .all) }
    }

    @Test func refusesTokensOutsideTheVocabularyWhereTheyAreUsed() throws {
        #expect(throws: EvaluationError.tokenOutOfRange(id: 6, position: 6, vocabularySize: 6)) {
            try windows(4, .all, vocabularySize: 6)
        }
        #expect(throws: EvaluationError.tokenOutOfRange(id: 6, position: 6, vocabularySize: 6)) {
            try windows(4, .all, order: .random(seed: 1), vocabularySize: 6)
        }
        _ = try windows(4, .first(1), vocabularySize: 6)
    }

    @Test func refusesNoWindowsAndTargetsThatAreNeverReached() {
        #expect(throws: EvaluationError.noWindows(0)) { try windows(4, .first(0)) }
        #expect(throws: EvaluationError.noWindows(-1)) { try windows(4, Self.until(1, limit: -1)) }
        #expect(throws: EvaluationError.standardErrorNotPositive(0)) { try windows(4, Self.until(0)) }
    }

    @Test func scoredPositions() {
        #expect(ScoredTokens.all.positions(context: 8) == 0..<7)
        #expect(ScoredTokens.secondHalf.positions(context: 8) == 4..<7)
        #expect(ScoredTokens.secondHalf.positions(context: 3) == 1..<2)
    }
}
