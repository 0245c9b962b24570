import Evaluation
import Mathematics
import TestSupport
import Testing

struct WindowBlocksTests {
    /// Few windows stand for themselves.
    ///
    /// By NumPy and SciPy: d.std(ddof=1)/√5·t.ppf(0.975, 4)/norm.ppf(0.975).
    @Test func fewWindowsAreBlocksOfTheirOwn() throws {
        let blocks = WindowBlocks(places: [0, 1, 2, 3, 4], context: 256)
        let error = try #require(blocks.standardError(ofMean: [0.5, 1.25, -0.25, 2.0, 0.75]))
        #expect(abs(error - 0.37583240945932267 * 2.7764451051977987 / 1.959963984540054) < 1e-9)
    }

    /// Sixteen blocks of two windows each, of values that go together within a block.
    @Test func neighboursGoTogether() throws {
        var random = SeededGenerator(seed: 3)
        let shared = (0..<16).map { _ in Double.random(in: -1...1, using: &random) }
        let values = (0..<32).map { shared[$0 / 2] }
        let blocks = WindowBlocks(places: Array(0..<32), context: 256, tokens: 512)
        let alone = WindowBlocks(places: Array(0..<16), context: 256, tokens: 256)
        let error = try #require(blocks.standardError(ofMean: values))
        #expect(abs(error - (try #require(alone.standardError(ofMean: shared)))) < 1e-12)
        // The order in which windows were scored changes nothing.
        let turned = WindowBlocks(places: (0..<32).reversed(), context: 256, tokens: 512)
        #expect(abs(error - (try #require(turned.standardError(ofMean: values.reversed())))) < 1e-12)
    }

    /// A window of weight 2 is as two windows of weight 1 that say the same and belong together.
    @Test func windowsCountByTheirWeight() throws {
        let values = [0.5, 1.25, -0.25, 2.0, 0.75, 1.5, 0.1, 0.3, 0.2]
        let weighted = WindowBlocks(offsets: Array(0..<9), unit: 1, tokens: 1)
        let error = try #require(
            weighted.standardError(ofMean: values, weights: [2, 1, 1, 1, 1, 1, 1, 1, 1]))
        let repeated = WindowBlocks(offsets: [0] + Array(0..<9), unit: 1, tokens: 1)
        #expect(abs(error - (try #require(repeated.standardError(ofMean: [0.5] + values)))) < 1e-12)
    }

    /// Windows of one document stay together however few documents there are.
    @Test func documentsAreNeverParted() throws {
        let blocks = WindowBlocks(offsets: [0, 0, 0, 9000, 9000], unit: 1)
        let error = try #require(blocks.standardError(ofMean: [1, 1, 1, 2, 2]))
        // Two blocks: u = ∓1.2, so the mean's variance is 2·2·1.44/25, and t(1) / 1.96 is 6.4829.
        #expect(abs(error - 0.48 * 6.482877) < 1e-5)
        #expect(WindowBlocks(offsets: [3, 3, 3], unit: 1).standardError(ofMean: [1, 2, 3]) == nil)
    }

    @Test func oneWindowHasNoStandardError() {
        #expect(WindowBlocks(places: [7], context: 16).standardError(ofMean: [0.5]) == nil)
    }

    @Test func equalValuesHaveNone() {
        #expect(WindowBlocks(places: [0, 8, 90], context: 16).standardError(ofMean: [2, 2, 2]) == 0)
    }

    /// ±1.96 standard errors of blocks of correlated values hold the mean 0 about 95 times of 100.
    @Test(arguments: [16, 32, 128])
    func intervalsHoldTheMean(count: Int) throws {
        var random = RandomNumbers(seed: 11)
        var held = 0
        for _ in 0..<2000 {
            // Windows drawn from all over a shard of 16 windows a document.
            let documents = (0..<64).map { _ in random.normal() }
            let places = WindowOrder.random(seed: Int(random.next() >> 32)).places(count, of: 1024)
            let values = places.map { documents[$0 / 16] * 0.5 + random.normal() }
            let error = try #require(
                WindowBlocks(places: places, context: 256, tokens: 4096).standardError(ofMean: values))
            if abs(values.reduce(0, +) / Double(count)) <= 1.96 * error { held += 1 }
        }
        #expect((0.93...0.97).contains(Double(held) / 2000), "\(held) of 2000")
    }
}
