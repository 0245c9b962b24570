import Evaluation
import LanguageModel
import Testing

struct WindowCountTests {
    private static let stream: [UInt32] = Array(0..<11)

    private func windows(
        _ context: Int, _ count: WindowCount, vocabularySize: Int = 11
    ) throws -> TokenWindows {
        try TokenWindows(stream: Self.stream, context: context, count: count, vocabularySize: vocabularySize)
    }

    @Test func windowsFollowEachOtherAndAnIncompleteOneIsDropped() throws {
        let all = try windows(4, .all)
        #expect(all.count == 2 && Array(all[0]) == [0, 1, 2, 3] && Array(all[1]) == [4, 5, 6, 7])
        #expect(try windows(4, .first(1)).ids == [0, 1, 2, 3])
        #expect(try windows(4, .first(9)) == all)
        #expect(try windows(4, .untilStandardError(0.1, limit: nil)) == all)
        #expect(try windows(4, .untilStandardError(0.1, limit: 1)).count == 1)
        #expect(try windows(11, .all).count == 1)
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
        _ = try windows(4, .first(1), vocabularySize: 6)
    }

    @Test func refusesNoWindowsAndTargetsThatAreNeverReached() {
        #expect(throws: EvaluationError.noWindows(0)) { try windows(4, .first(0)) }
        #expect(throws: EvaluationError.noWindows(-1)) { try windows(4, .untilStandardError(1, limit: -1)) }
        #expect(throws: EvaluationError.standardErrorNotPositive(0)) {
            try windows(4, .untilStandardError(0, limit: nil))
        }
    }

    @Test func scoredPositions() {
        #expect(ScoredTokens.all.positions(context: 8) == 0..<7)
        #expect(ScoredTokens.secondHalf.positions(context: 8) == 4..<7)
        #expect(ScoredTokens.secondHalf.positions(context: 3) == 1..<2)
    }
}
