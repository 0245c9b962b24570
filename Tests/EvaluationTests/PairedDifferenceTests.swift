import Evaluation
import Testing

struct PairedDifferenceTests {
    /// By NumPy: d.mean(), d.std(ddof=1) / sqrt(len(d)).
    @Test func meanAndItsStandardError() throws {
        let paired = PairedDifference([0.5, 1.25, -0.25, 2.0, 0.75])
        #expect(abs(paired.mean - 0.85) < 1e-15)
        #expect(abs(try #require(paired.standardError) - 0.37583240945932267) < 1e-15)
    }

    @Test func oneWindowHasNoStandardError() {
        let paired = PairedDifference([0.5])
        #expect(paired.mean == 0.5 && paired.standardError == nil)
    }

    @Test func equalDifferencesHaveNone() { #expect(PairedDifference([2, 2, 2]).standardError == 0) }
}
