import Foundation
import ScalingLaws
import Testing

/// The law of damage before and after the learning rate falls.
@Suite struct PhaseComparisonTests {
    private static let sizes = [2.5e4, 8.5e4, 2e5]
    private static let seeds = ["1", "2"]
    private static let rise = 1.15
    private static let steeper = 0.04

    /// What the annealed checkpoints' KL is over that of the others.
    private static func ratio(_ tokens: Double) -> Double { rise * pow(tokens / 1e6, steeper) }

    /// Runs of two seeds at each size, which differ from the law by a constant of their own and shorter noise.
    private static func points(seed: UInt64, ofRuns: Double, noise: Double) throws -> [Point] {
        let tokens = [5e5, 1e6, 2e6, 4e6]
        var random = Random(state: seed)
        var points: [Point] = []
        for size in sizes {
            for name in seeds {
                let own = exp(ofRuns * random.normal())
                for tokens in tokens {
                    for (phase, tokens) in [(LearningRatePhase.stable, tokens), (.annealed, 1.2 * tokens)] {
                        let places = [2.0, 3, 4].map { Conditions(params: size, tokens: tokens, bits: $0) }
                        for var point in try Simulation.points("kl-unified", Simulation.unified, places) {
                            let factor = phase == .annealed ? ratio(tokens) : 1
                            point.kl = point.kl.map { $0 * own * factor * exp(noise * random.normal()) }
                            (point.series, point.seed, point.phase) = ("\(size) \(name) \(phase)", name, phase)
                            points.append(point)
                        }
                    }
                }
            }
        }
        return points
    }

    private static let options = FitOptions(starts: 8, bootstrapDraws: 200)

    @Test func theFactorAndTheLawsAreFound() throws {
        let points = try Self.points(seed: 3, ofRuns: 0, noise: 0)
        let found = try #require(PhaseComparison(points, Laws.named("kl-unified"), Self.options))
        #expect(found.sizes == Self.sizes && found.runs == 6)
        #expect(found.ratios.map(\.tokens) == [6e5, 1.2e6, 2.4e6, 4.8e6])
        for one in found.ratios {
            #expect(abs(one.ratio.value / Self.ratio(one.tokens) - 1) < 1e-6)
            #expect(one.checkpoints == 6)
        }
        #expect(found.fits.map(\.phase) == [.stable, .annealed])
        let exponents = found.fits.compactMap { $0.parameters.first { $0.name == "beta" }?.value }
        #expect(exponents.count == 2 && abs(exponents[1] - exponents[0] - Self.steeper) < 1e-6)
    }

    /// In 80 simulations with runs' own deviations the 95 % intervals hold the truth as often as they say.
    @Test func intervalsHoldTheTruth() throws {
        var (held, all) = (0, 0)
        for seed in UInt64(1)...80 {
            let points = try Self.points(seed: 100 + seed, ofRuns: 0.1, noise: 0.05)
            let found = try #require(PhaseComparison(points, Laws.named("kl-unified"), Self.options))
            for one in found.ratios {
                #expect(one.ratio.low < one.ratio.value && one.ratio.value < one.ratio.high)
                held += one.ratio.low < Self.ratio(one.tokens) && Self.ratio(one.tokens) < one.ratio.high ? 1 : 0
                all += 1
            }
        }
        let share = Double(held) / Double(all)
        print("\(held) of \(all) intervals of the ratio of phases hold the truth")
        #expect(share > 0.9 && share < 0.995, "\(share)")
    }

    @Test func withoutBothPhasesThereIsNothingToCompare() throws {
        let points = try Self.points(seed: 5, ofRuns: 0, noise: 0.05)
        let law = try Laws.named("kl-unified")
        #expect(PhaseComparison(points.filter { $0.phase == .stable }, law, Self.options) == nil)
        let once = points.filter { $0.phase == .stable || $0.conditions.tokens == 6e5 }
        #expect(PhaseComparison(once, law, Self.options) == nil)
        #expect(PhaseComparison(points, try Laws.named("kl-per-bit"), Self.options) == nil)
        // A size of one phase alone says nothing.
        let lone = points.filter { $0.phase == .stable || $0.conditions.params != 2e5 }
        #expect(PhaseComparison(lone, law, Self.options)?.sizes == [2.5e4, 8.5e4])
    }
}
