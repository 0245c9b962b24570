import Presentation
import Testing

@Suite struct FiguresTests {
    @Test(
        arguments: [
            (0.0123456, "0.0123"), (1, "1.00"), (0.9996, "1.00"), (123.4, "123"), (99_960, "99960"), (-0.5, "−0.500"),
            (3.2e-6, "3.20×10⁻⁶"), (1.23e21, "1.23×10²¹"), (0, "0"), (.infinity, "∞"), (-.infinity, "−∞"),
            (.nan, "not a number"), (9.999e-7, "1.00×10⁻⁶"),
        ] as [(Double, String)])
    func significantDigits(value: Double, text: String) {
        #expect(Figures.significant(value) == text)
    }

    @Test(
        arguments: [
            (0.4321, 0.381, 0.4924, "0.43 [0.38, 0.49]"), (0.43, 0.2, 0.7, "0.43 [0.20, 0.70]"),
            (5.4967, 5.1, 5.9, "5.50 [5.10, 5.90]"), (0.1, -0.05, 0.3, "0.10 [−0.05, 0.30]"),
            (12_345, 11_000, 13_900, "12345 [11000, 13900]"), (1, 1, 1, "1.000"),
            (3.1e-7, 1e-9, 2e-4, "3.1×10⁻⁷ [1.0×10⁻⁹, 2.0×10⁻⁴]"), (0.2, 0.02, 2, "0.20 [0.020, 2.0]"),
            (0.5, 0.1, .infinity, "0.50 [0.10, ∞]"),
        ] as [(Double, Double, Double, String)])
    func estimatesHaveTheDigitsThatAreKnown(value: Double, low: Double, high: Double, text: String) {
        #expect(Figures.estimate(value, low: low, high: high) == text)
    }

    @Test(
        arguments: [
            (25_472, "25.5k"), (1_189_888, "1.19M"), (16_777_216, "16.8M"), (1e12, "1T"), (999_999, "1M"), (300, "300"),
            (6.44e9, "6.44B"),
        ] as [(Double, String)])
    func counts(value: Double, text: String) {
        #expect(Figures.count(value) == text)
    }

    @Test func decimalsAreRoundedHalfToEven() {
        #expect([0.125, 0.375, -0.125].map { Figures.fixed($0, decimals: 2) } == ["0.12", "0.38", "−0.12"])
        #expect(Figures.fixed(-0.001, decimals: 2) == "0.00")
        #expect(Figures.fixed(2.5, decimals: 0) == "2")
    }

    @Test func warningsAndFitsHaveDigitsThatProgramsRead() {
        #expect([0, 1.5, 123_456, 1.25e7, 0.00012].map(Figures.compact) == ["0", "1.5", "123000", "1.25e7", "1.2e-4"])
        let precise = [0.5, -1234.5678, 1.25e7, -3e-5].map(Figures.precise)
        #expect(precise == ["0.500000", "-1234.57", "1.25000e7", "-3.00000e-5"])
        #expect([4, 2.5].map(Figures.plain) == ["4", "2.5"])
    }
}
