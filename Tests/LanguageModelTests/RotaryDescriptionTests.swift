import LanguageModel
import Testing

/// Frequencies as transformers 5.23 computes them for heads of 16 and 256 positions.
struct RotaryDescriptionTests {
    private func expect(
        _ scaling: RotaryScaling, base: Double = 10_000, context: Int = 128, _ expected: [Float], amplitude: Float = 1
    ) {
        let rotary = RotaryDescription(dimension: 16, base: base, scaling: scaling)
        let found = rotary.frequencies(context: context)
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) { #expect(abs(found - expected) <= 3e-7 * expected) }
        #expect(abs(rotary.amplitude - amplitude) <= 1e-7)
    }

    private static let plain: [Float] = [
        1.0, 0.316227764, 0.100000001, 0.0316227786, 0.00999999978, 0.00316227786, 0.00100000005, 0.000316227786,
    ]

    @Test func plain() { expect(.none, Self.plain) }

    @Test func linear() { expect(.linear(factor: 4), Self.plain.map { $0 / 4 }) }

    @Test func dynamicChangesNothingUpToTheTrainedLength() {
        expect(.dynamic(factor: 4, maximum: 256), context: 128, Self.plain)
    }

    @Test func dynamicBeyondTheTrainedLength() {
        expect(
            .dynamic(factor: 4, maximum: 256), context: 1024,
            [
                1.0, 0.219212443, 0.0480541028, 0.0105340583, 0.00230919663, 0.000506204669, 0.000110966372,
                2.43252125e-05,
            ])
    }

    @Test func llama3() {
        let scaling = Llama3Scaling(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 64)
        expect(
            .llama3(scaling), base: 500_000,
            [
                1.0, 0.079403013, 0.00470075384, 0.000911583134, 0.000176776681, 3.42810235e-05, 6.64786967e-06,
                1.28917316e-06,
            ])
    }

    @Test func yarn() {
        let scaling = YarnScaling(
            factor: 4, originalContext: 64, betaFast: 32, betaSlow: 1, truncates: true, amplitude: 1.138629436111989)
        expect(
            .yarn(scaling),
            [
                1.0, 0.237170815, 0.049999997, 0.00790569466, 0.00249999994, 0.000790569466, 0.000250000012,
                7.90569466e-05,
            ], amplitude: 1.13862944)
    }

    @Test func yarnWithoutTruncation() {
        let scaling = YarnScaling(
            factor: 4, originalContext: 64, betaFast: 16, betaSlow: 2, truncates: false, amplitude: 0.9518853439550599)
        expect(
            .yarn(scaling),
            [
                1.0, 0.14849025, 0.0250000004, 0.00790569466, 0.00249999994, 0.000790569466, 0.000250000012,
                7.90569466e-05,
            ], amplitude: 0.951885344)
    }

    @Test func anOddShareTurnsAnEvenNumberOfEntries() {
        let rotary = RotaryDescription(dimension: 5, base: 10_000)
        #expect(rotary.size == 6 && rotary.frequencies(context: 8).count == 3)
    }
}
