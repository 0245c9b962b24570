import Foundation
import ScalingLaws
import Testing

/// How much models mind errors, by size and tokens.
@Suite struct SensitivityLawTests {
    private func points(noise: Double) -> [Point] {
        var random = Random(state: 12)
        return [2.5e4, 8.5e4, 2e5, 5.6e5].flatMap { size in
            [5e5, 1e6, 2e6, 4e6].flatMap { tokens in
                let sensitivity = 0.002 * pow(tokens, 0.5) / pow(size, 0.3) * exp(noise * random.normal())
                return [2.0, 3, 4].map { bits in
                    var place = Conditions(params: size, tokens: tokens, bits: bits)
                    place.columns["sensitivity"] = sensitivity
                    var point = Point(place, kl: random.uniform(), klStderr: 0.1, lossAtChance: 0.5)
                    (point.checkpoint, point.series) = ("\(size) \(tokens)", "\(size)")
                    return point
                }
            }
        }
    }

    @Test func itIsThatOfTheProbes() throws {
        let law = try SensitivityLaw(points(noise: 0))
        #expect(law.fit.n == 16)
        let found = try law.sensitivity(params: 1e7, tokens: 1e8)
        #expect(abs(found.value / (0.002 * pow(1e8, 0.5) / pow(1e7, 0.3)) - 1) < 1e-6)
        #expect(found.beyondHull > 10 && (law.heldOutError ?? 1) < 1e-6)
    }

    @Test func itsIntervalIsOfAnotherRun() throws {
        let law = try SensitivityLaw(points(noise: 0.1))
        let found = try law.sensitivity(params: 1e5, tokens: 1e6)
        let interval = try #require(found.predictive)
        #expect(interval.lowerBound < found.value / 1.1 && interval.upperBound > found.value * 1.1)
        #expect((law.heldOutError ?? 0) > 0.01)
    }

    @Test func fewProbesSayNothing() {
        #expect(
            throws: ScalingLawsError.noAnswer("2 checkpoints have a probe; three or more say how sensitivity grows")
        ) {
            try SensitivityLaw(Array(points(noise: 0).prefix(6)))
        }
    }
}
