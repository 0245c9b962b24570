import Foundation
import Mathematics
import ScalingLaws
import Testing

@Suite struct IntervalTests {
    private let sizes = [1e7, 3e7, 1e8, 3e8, 1e9, 3e9]

    /// A line in ln N, where the profile and the delta method are exact: ordinary least squares.
    @Test func profilesOfALineAreStudentsIntervals() throws {
        var random = Random(state: 5)
        let points = (0..<18).map { index -> Point in
            let size = sizes[index % 6]
            return Point(Conditions(params: size, tokens: 1e9), loss: 9 - 0.3 * log(size) + 0.1 * random.normal())
        }
        let options = FitOptions(objective: .linear, bootstrapDraws: 0, holdsOut: false)
        let result = try fit(points, Laws.named("a + b * log(params)"), options)
        let x = points.map { log($0.conditions.params) }
        let y = points.map { $0.loss ?? .nan }
        let (meanX, meanY) = (x.reduce(0, +) / 18, y.reduce(0, +) / 18)
        let sxx = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
        let slope = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / sxx
        let rest = zip(x, y).reduce(0) { $0 + pow($1.1 - meanY - slope * ($1.0 - meanX), 2) }
        let error = (rest / 16 / sxx).squareRoot()
        let b = try #require(result.parameters.first { $0.name == "b" })
        #expect(abs(b.value - slope) < 1e-9)
        #expect(abs(b.standardError / error - 1) < 1e-7)
        let profile = try #require(b.profile)
        let reach = 2.119905299221011 * error  // Student's t, 16 degrees of freedom
        #expect(abs(profile.lowerBound - (slope - reach)) < 1e-4 * reach)
        #expect(abs(profile.upperBound - (slope + reach)) < 1e-4 * reach)
        #expect(abs(result.correlation[0][1] + meanX / (sxx / 18 + meanX * meanX).squareRoot()) < 1e-7)
    }

    /// The mean of independent points: the cluster bootstrap agrees with Student's interval.
    @Test func bootstrapOfAMeanIsNearStudents() throws {
        var random = Random(state: 9)
        let points = (0..<20).map { _ in Point(Conditions(params: 1e8, tokens: 1e9), loss: 5 + random.normal()) }
        let options = FitOptions(objective: .linear, bootstrapDraws: 4000, holdsOut: false)
        let result = try fit(points, Laws.named("a + 0 * params"), options)
        let values = points.map { $0.loss ?? .nan }
        let mean = values.reduce(0, +) / 20
        let error = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19 / 20).squareRoot()
        let a = try #require(result.parameters.first)
        let reach = 2.093024054408263 * error
        #expect(abs((a.high - a.low) / (2 * reach) - 1) < 0.08)
        #expect(result.clusters == 20)
    }

    /// Eight runs part from their law as training goes on, and another run is expected to do so beyond the data.
    @Test func slopesOfRunsWidenIntervalsOfMeasurementsBeyondTheData() throws {
        func simulated(slope: Double) throws -> Fit {
            var random = Random(state: 6)
            var points: [Point] = []
            for run in 0..<8 {
                let places = Simulation.grid([Simulation.sizes[run / 2]], [1e9, 3e9, 1e10, 3e10, 1e11], [2, 3, 4])
                let own = slope * random.normal()
                for var point in try Simulation.points("qid-unified", Simulation.unified, places) {
                    point.series = "\(run)"
                    let drift = own * log(point.conditions.tokens / 1e10)
                    point.qid = (point.qid ?? 0) * exp(drift + 0.05 * random.normal())
                    points.append(point)
                }
            }
            return try fit(points, Laws.named("qid-unified"), FitOptions(bootstrapDraws: 200, holdsOut: false))
        }
        func reach(_ fit: Fit, tokens: Double) throws -> Double {
            let place = Conditions(params: Simulation.sizes[3], tokens: tokens, bits: 3)
            let prediction = try #require(try fit.predict([place]).first)
            return log(try #require(prediction.predictive).upperBound / prediction.high)
        }
        let drifting = try simulated(slope: 0.1)
        let slopes = try #require(drifting.scatter?.slopes)
        #expect(slopes.degrees == 7 && slopes.variance > 0.06 * 0.06 && slopes.variance < 0.17 * 0.17)
        #expect(try reach(drifting, tokens: 1e13) > 2 * reach(drifting, tokens: 1e10))
        let steady = try simulated(slope: 0)
        #expect((steady.scatter?.slopes?.variance ?? 0) < 0.02 * 0.02)
        #expect(try reach(steady, tokens: 1e13) < 0.1)
    }

    @Test func pointsOfACheckpointAreResampledTogether() throws {
        let conditions = Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4])
        var points = try Simulation.points("qid-unified", Simulation.unified, conditions)
        var random = Random(state: 3)
        for first in stride(from: 0, to: points.count, by: 3) {
            let shared = exp(0.2 * random.normal())
            for index in first..<first + 3 { points[index].qid = (points[index].qid ?? 0) * shared }
        }
        var labelled = points
        for index in labelled.indices { labelled[index].series = "\(index)" }
        let options = FitOptions(bootstrapDraws: 500, holdsOut: false, profiles: false)
        let together = try fit(points, Laws.named("qid-unified"), options)
        let apart = try fit(labelled, Laws.named("qid-unified"), options)
        #expect(together.clusters == 12 && apart.clusters == 36)
        func width(_ fit: Fit) -> Double {
            fit.parameters.first { $0.name == "alpha" }.map { $0.high - $0.low } ?? .nan
        }
        #expect(width(together) > 1.4 * width(apart))
    }

    /// A small version of the coverage benchmark: 95 % intervals hold the truth in most of 60 repetitions.
    @Test(arguments: ["qid-unified", "chinchilla"])
    func intervalsCoverTheTruth(name: String) throws {
        let isLoss = name == "chinchilla"
        let truth = isLoss ? Simulation.chinchilla : Simulation.unified
        let conditions =
            isLoss
            ? Simulation.grid([5e7, 1e8, 3e8, 1e9, 3e9, 1e10], [1e9, 3e9, 1e10, 3e10, 1e11, 3e11], [nil])
            : Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4])
        let options = FitOptions(
            objective: .log, starts: 4, bootstrapDraws: 150, holdsOut: false, profiles: false)
        var (held, asked) = (0, 0)
        for seed in 0..<60 {
            let points = try Simulation.points(
                name, truth, conditions, noise: isLoss ? 0.005 : 0.1, seed: UInt64(seed) &* 7919 &+ 17)
            for parameter in try fit(points, Laws.named(name), options).parameters {
                let value = try #require(truth[parameter.name])
                asked += 1
                if parameter.low <= value && value <= parameter.high { held += 1 }
            }
        }
        let coverage = Double(held) / Double(asked)
        #expect(coverage > 0.88 && coverage < 0.995)
    }
}
