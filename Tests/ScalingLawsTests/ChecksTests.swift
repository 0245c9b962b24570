import Foundation
import ScalingLaws
import Testing

@Suite struct ChecksTests {
    private let options = FitOptions(bootstrapDraws: 0, profiles: false)
    private let grid = Simulation.grid(Simulation.sizes, Simulation.tokens, [2, 3, 4])

    private func points(noise: Double = 0.03) throws -> [Point] {
        try Simulation.points("qid-unified", Simulation.unified, grid, noise: noise)
    }

    private func kinds(_ points: [Point], _ law: String = "qid-unified") throws -> Set<FitWarning.Kind> {
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
        #expect(try kinds(points) == [.mixedPhases])
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

    @Test func heldOutErrorsAreReported() throws {
        let result = try fit(points(), Laws.named("qid-unified"), options)
        #expect(result.heldOut.map(\.kind) == [.largestModel, .lastDecade, .bits, .bits, .bits])
        #expect(result.heldOut[0].what == "params = 3e9" && result.heldOut[0].points == 9)
        #expect(result.heldOut.allSatisfy { ($0.rmsLogError ?? 1) < 0.3 })
    }
}
