import Foundation
import ScalingLaws
import Testing

@Suite struct SizeChoiceTests {
    /// KL that falls with width: sizes whose other counts do not go with it.
    private func points(noise: Double) -> [Point] {
        var random = Random(state: 4)
        let shapes = [(32.0, 2.0, 9e4), (48, 9, 3e5), (64, 4, 2e5), (96, 20, 2e6), (128, 3, 7e5)]
        return shapes.flatMap { width, depth, total in
            [3e5, 1e6, 3e6, 1e7].flatMap { tokens in
                [3.0, 4].map { bits in
                    var place = Conditions(params: 12 * width * width * depth, tokens: tokens, bits: bits)
                    place.columns = ["width": width, "depth": depth, "params_total": total]
                    let law = pow(tokens, 0.5) / width / pow(bits, 4)
                    return Point(place, kl: law * exp(noise * random.normal()))
                }
            }
        }
    }

    @Test func theMeasureThatPredictsUnseenSizesIsTaken() throws {
        let choice = try #require(SizeChoice(points(noise: 0.05), Laws.klUnified))
        #expect(
            choice.sizes.count == 5
                && choice.candidates.map(\.measure) == [.params, .paramsTotal, .width, .widthAndDepth])
        #expect(choice.chosen?.measure == .width)
        #expect((choice.chosen?.error ?? 1) < 0.1)
        #expect((choice.candidates[0].error ?? 0) > 0.2)
    }

    /// Where a probe says how much each checkpoint minds, N and D tell less.
    @Test func layersErrorsAndProbesAreACandidate() throws {
        var random = Random(state: 9)
        let probed = points(noise: 0.3).map { point in
            var copy = point
            let error = 0.1 / pow(point.conditions.bits ?? .nan, 4)
            let kl = point.kl ?? .nan
            copy.conditions.columns["distortion"] = error
            copy.conditions.columns["sensitivity"] = pow(kl / error, 1 / 1.1) * exp(0.05 * random.normal())
            return copy
        }
        let choice = try #require(SizeChoice(probed, Laws.klUnified))
        #expect(choice.candidates.last?.measure == .distortion && choice.chosen?.measure == .distortion)
        #expect(choice.foretold?.sentence.contains("By layers' errors and probe, as cross-validation") == true)
        #expect((choice.foretold?.heldOut.rmsLogError ?? 1) < 0.15)
        // With nothing but noise in the probe N and D are better.
        let useless = probed.map { point in
            var copy = point
            copy.conditions.columns["sensitivity"] = exp(random.normal())
            return copy
        }
        #expect(SizeChoice(useless, Laws.klUnified)?.chosen?.measure != .distortion)
    }

    @Test func theLawInAnotherMeasureIsALaw() throws {
        let law = try #require(Laws.klPerBit.counting(.widthAndDepth))
        #expect(law.formula == "k[bits] * tokens^beta[bits] / (width^alpha[bits] * depth^delta[bits])")
        let fitted = try fit(points(noise: 0.02), law, FitOptions(bootstrapDraws: 0, holdsOut: false, profiles: false))
        let alpha = try #require(fitted.parameters.first { $0.name == "alpha.3" })
        #expect(abs(alpha.value - 1) < 0.1)
        #expect(Laws.chinchilla.counting(.width) == nil)
    }

    @Test func twoSizesSayNothing() {
        let few = points(noise: 0.05).filter { ($0.conditions.columns["width"] ?? 0) < 60 }
        #expect(SizeChoice(few, Laws.klUnified) == nil)
    }
}
