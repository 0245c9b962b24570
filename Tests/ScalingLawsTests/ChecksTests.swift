import Foundation
import ScalingLaws
import Testing

@Suite struct ChecksTests {
    private let options = FitOptions(bootstrapDraws: 0, profiles: false)
    private let grid = Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4])

    private func points(noise: Double = 0.03) throws -> [Point] {
        try Simulation.points("qid-unified", Simulation.unified, grid, noise: noise)
    }

    private func kinds(
        _ points: [Point], _ law: String = "qid-unified", phases: PhaseChoice = .most
    ) throws -> Set<FitWarning.Kind> {
        var options = options
        options.phases = phases
        let result = try fit(points, Laws.named(law), options)
        #expect(result.warnings.allSatisfy { $0.finding.hasSuffix(".") && $0.advice.hasSuffix(".") })
        return Set(result.warnings.map(\.kind))
    }

    @Test func goodPointsGiveNoWarning() throws {
        #expect(try kinds(points()) == [])
    }

    @Test func mixedPhases() throws {
        var points = try points()
        for index in points.indices { points[index].phase = index < 9 ? .annealed : .unannealed }
        #expect(try kinds(points, phases: .all) == [.mixedPhases])
        let one = try fit(points, Laws.named("qid-unified"), options)
        #expect(one.phase == .unannealed && one.n == 27 && one.leftOut.map(\.index) == Array(0..<9))
        #expect(one.leftOutByReason.map(\.reason) == ["phase annealed, not unannealed"])
        let finding = try #require(one.warnings.first { $0.kind == .leftOut }?.finding)
        #expect(finding.contains("; and 6 more: phase annealed, not unannealed)"), "\(finding)")
        var asked = options
        asked.phases = .only(.annealed)
        #expect(try fit(points, Laws.named("qid-per-bit"), asked).n == 9)
        // A parameter for each phase takes all of them.
        for index in points.indices { points[index].conditions.labels["phase"] = points[index].phase.rawValue }
        let law = "qid = k[phase] * tokens^beta / (params^alpha * bits^gamma)"
        let indexed = try fit(points, Laws.named(law), options)
        #expect(indexed.n == 36 && indexed.parameters.map(\.name).filter { $0.hasPrefix("k.") }.count == 2)
    }

    @Test func ofEquallyManyCheckpointsThoseAtAConstantRateGoFirst() throws {
        var points = try points()
        for index in points.indices { points[index].phase = index < 18 ? .annealed : .stable }
        #expect(try fit(points, Laws.named("qid-unified"), options).phase == .stable)
    }

    /// A rate that falls with D: the last checkpoint of each run is annealed.
    @Test func phaseConfoundedWithTokens() throws {
        var points = try points()
        for index in points.indices {
            points[index].phase = points[index].conditions.tokens == Simulation.tokens.last ? .annealed : .unannealed
        }
        let found = try fit(points, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 0, profiles: false))
        let warning = try #require(found.warnings.first { $0.kind == .confoundedPhase })
        #expect(
            warning.finding.contains("D and phase are confounded; held out, the largest model is off by a factor of"))
    }

    /// One run of each size: what a run has by chance counts as an effect of N.
    @Test func sizesOfOneRunEachAreConfounded() throws {
        var points = try points()
        for index in points.indices { points[index].series = nil }
        let result = try fit(points, Laws.named("qid-unified"), options)
        #expect(result.clusterUnit == .runs && result.clusters == 4)
        let warning = try #require(result.warnings.first { $0.kind == .confoundedRuns })
        #expect(warning.finding == "N is confounded with run: 4 runs.")
        let one = try fit(points.filter { $0.conditions.params == 1e9 }, Laws.named("qid-unified"), options)
        #expect(one.clusterUnit == .neighbours && one.warnings.contains { $0.finding == "The points are of 1 run." })
    }

    @Test func mixedFamilies() throws {
        var points = try points()
        for index in points.indices { points[index].family = index < 18 ? "a" : "b" }
        #expect(try kinds(points) == [.mixedFamilies])
    }

    @Test func collapse() throws {
        var points = try points()
        for index in points.indices {
            points[index].lossAtChance = 10.8
            points[index].loss = 2.5 + (points[index].qid ?? 0)
        }
        points[0].loss = 10.5
        #expect(try kinds(points) == [.nearChance])
    }

    @Test func anOutlierIsNamed() throws {
        var points = try points()
        points[13].qid = (points[13].qid ?? 0) * 1.5
        let result = try fit(points, Laws.named("qid-unified"), options)
        #expect(result.warnings.map(\.kind) == [.outlier])
        #expect(result.residuals.max { abs($0.standardized) < abs($1.standardized) }?.index == 13)
    }

    @Test func twoBitsOffTheLawOfTheOthers() throws {
        let more = Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4, 6])
        var points = try Simulation.points("qid-unified", Simulation.unified, more, noise: 0.03)
        for index in points.indices where points[index].conditions.bits == 2 {
            points[index].qid = (points[index].qid ?? 0) * 5
        }
        #expect(try kinds(points).contains(.twoBitRegime))
    }

    @Test func fewSizesAndNarrowTokens() throws {
        let few = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid([1e8, 1e9], [1e10, 2e10, 4e10], [2, 3, 4]), noise: 0.03)
        let found = try kinds(few)
        #expect(found.isSuperset(of: [.fewSizes, .narrowTokens, .fewClusters]))
    }

    @Test func linearWithoutErrorsSaysSo() throws {
        var options = options
        options.objective = .linear
        let result = try fit(points(), Laws.named("qid-unified"), options)
        #expect(result.warnings.contains { $0.kind == .unweighted })
        #expect(!result.isWeighted)
    }

    @Test func aLawThatMissesIsPoor() throws {
        let found = try kinds(points(), "qid = a + 0 * params")
        #expect(found.contains(.poorFit))
    }

    @Test func oneSizeHasNoExponentOfSizeAndOtherSizesAreRefused() throws {
        let one = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid([1e9], [1e9, 1e10, 1e11, 1e12], [3, 4]), noise: 0.03)
        let result = try fit(one, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 50))
        let alpha = try #require(result.parameters.first { $0.name == "alpha" })
        #expect(alpha.isFixed && alpha.value == 0 && !alpha.identified)
        #expect(try result.predict([Conditions(params: 1e9, tokens: 5e10, bits: 3)]).count == 1)
        #expect(throws: ScalingLawsError.oneValue(law: "qid-unified", variable: "params", known: 1e9, asked: 7e9)) {
            try result.predict([Conditions(params: 7e9, tokens: 5e10, bits: 3)])
        }
        #expect(!result.speaks(of: Conditions(params: 7e9, tokens: 5e10, bits: 3)))
    }

    @Test func twoCheckpointsHaveNoIntervals() throws {
        let two = try Simulation.points(
            "qid-per-bit", ["k.3": 1e-5, "alpha.3": 0.3, "beta.3": 0.6, "k.4": 1e-6, "alpha.4": 0.3, "beta.4": 0.6],
            Simulation.grid([1e9], [1e10, 1e11], [3, 4]), noise: 0.03)
        let result = try fit(two, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 50))
        let beta = try #require(result.parameters.first { $0.name == "beta" })
        #expect(!beta.identified && beta.low == -2 && beta.high == 3)
        #expect(result.draws.isEmpty && result.warnings.contains { $0.finding.hasPrefix("2 checkpoints carry") })
        let prediction = try #require(try result.predict([Conditions(params: 1e9, tokens: 2e10, bits: 3)]).first)
        #expect(prediction.low == 0 && prediction.high == .infinity && prediction.predictive == nil)
    }

    @Test func whatTheRestDoesNotIdentifyIsSaid() throws {
        let two = try Simulation.points(
            "qid-unified", Simulation.unified, Simulation.grid([1e8, 1e9], Simulation.tokens, [3, 4]), noise: 0.03)
        let result = try fit(two, Laws.named("qid-unified"), options)
        let largest = try #require(result.heldOut.first { $0.kind == .largestModel })
        #expect(largest.obstacle == "the others have params 1e8 alone" && largest.rmsLogError == nil)
        let bits = try #require(result.heldOut.first { $0.kind == .bits })
        #expect(bits.obstacle == "the others have bits 4 alone" && bits.parameters.isEmpty)
    }

    @Test func nothingIsPredictedToBeWorseThanGuessing() throws {
        var points = try points()
        for index in points.indices {
            points[index].lossAtChance = 7
            points[index].loss = 3 + (points[index].qid ?? 0)
        }
        let result = try fit(points, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 50))
        #expect(abs((result.ceiling ?? 0) - 4) < 1e-9)
        let prediction = try #require(try result.predict([Conditions(params: 1e8, tokens: 1e16, bits: 2)]).first)
        #expect(prediction.value == result.ceiling && prediction.high == result.ceiling)
        #expect(prediction.warnings.contains { $0.kind == .saturated })
    }

    /// The law that made the points is another than the one fitted, so that it misses the largest model.
    @Test func anExtrapolatedIntervalIsAsWideAsTheHeldOutError() throws {
        let grid = Simulation.grid(Simulation.sizes, Simulation.tokens, [3, 4])
        let points = grid.map { place in
            var point = Point(
                place, qid: 1e-4 * pow(place.tokens, 0.3) * (1 + pow(place.params / 1e9, 2)) / pow(place.bits ?? 1, 3))
            point.series = "\(place.params) \(place.tokens)"
            return point
        }
        let result = try fit(points, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 200))
        let error = try #require(result.heldOut.first { $0.kind == .largestModel }?.rmsLogError)
        let beyond = try #require(try result.predict([Conditions(params: 1e10, tokens: 3e10, bits: 3)]).first)
        #expect(
            error > 1 && beyond.high >= beyond.value * exp(error) * 0.999
                && beyond.low <= beyond.value * exp(-error) * 1.001)
        let measured = try #require(beyond.predictive)
        #expect(
            measured.upperBound >= beyond.value * exp(1.95 * error)
                && measured.lowerBound <= beyond.value * exp(-1.95 * error))
    }

    /// A value within its noise has no logarithm worth the name.
    @Test func heldOutErrorsAreOfWhatIsAboveItsNoise() throws {
        var points = try points()
        for index in points.indices { points[index].qidStderr = 1e-3 * (points[index].qid ?? 0) }
        let largest = try #require(Simulation.sizes.last)
        let lost = try #require(points.firstIndex { $0.conditions.params == largest })
        (points[lost].qid, points[lost].qidStderr) = (1e-9, 1)
        let result = try fit(points, Laws.named("qid-unified"), options)
        let heldOut = try #require(result.heldOut.first { $0.kind == .largestModel })
        #expect(heldOut.points == 9 && heldOut.belowNoise == 1)
        #expect((heldOut.rmsLogError ?? 1) < 0.3)
    }

    @Test func heldOutErrorsAreReported() throws {
        let result = try fit(points(), Laws.named("qid-unified"), options)
        #expect(result.heldOut.map(\.kind) == [.largestModel, .lastDecade, .bits, .bits, .bits])
        #expect(result.heldOut[0].what == "params = 3e9" && result.heldOut[0].points == 9)
        #expect(result.heldOut.allSatisfy { ($0.rmsLogError ?? 1) < 0.3 && ($0.inside ?? 0) * 3 > $0.points * 2 })
    }
}
