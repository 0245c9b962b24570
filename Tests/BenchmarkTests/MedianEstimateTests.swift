import Benchmark
import Testing

struct MedianEstimateTests {
    @Test(arguments: [([], 0), ([3], 3), ([9, 1, 5], 5), ([4, 1, 2, 9], 3)] as [([Double], Double)])
    func medianIsTheMiddle(values: [Double], expected: Double) {
        #expect(MedianEstimate(values) == MedianEstimate(value: expected, interval: nil))
    }

    /// The places are those of `scipy.stats.binom.ppf(0.025, n, 0.5)`, counted from 0: below it lies at most 2.5 %.
    @Test(arguments: [(6, 0), (8, 0), (9, 1), (15, 3), (31, 9), (101, 40), (5000, 2430)])
    func intervalIsTwoOrderStatistics(count: Int, place: Int) {
        let values = (0..<count).map(Double.init).shuffled()
        let expected = Double(place)...Double(count - 1 - place)
        #expect(MedianEstimate(values) == MedianEstimate(value: Double(count - 1) / 2, interval: expected))
    }
}
