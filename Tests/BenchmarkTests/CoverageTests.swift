import Benchmark
import JSON
import ScalingLaws
import Testing

struct CoverageTests {
    /// Enough repetitions to tell honest intervals from careless ones.
    @Test(arguments: ["qid-unified", "kaplan"])
    func intervalsHoldTheTruth(law: String) throws {
        let report = try CoverageReport.simulate(laws: [law], repetitions: 60, seed: 3)
        let one = try #require(report.laws.first)
        #expect(report.laws.count == 1 && one.failures == 0 && one.points == 36)
        let counts = one.parameters + one.predictions
        let share = counts.reduce(0) { $0 + ($1.share ?? 0) } / Double(counts.count)
        #expect(share > 0.88 && share < 0.995, "\(share)")
        #expect(one.parameters.allSatisfy { $0.identified == 60 })
    }

    /// Intervals of a measurement of another run hold about as many as they say: with few runs as with many, and not all
    /// of them, as intervals do that are too wide to be of use.
    @Test func intervalsHoldMeasurementsOfOtherRuns() throws {
        let report = try CoverageReport.simulate(laws: ["kl-unified"], repetitions: 60, seed: 5)
        #expect(report.laws.count == 7)
        let amid = try report.laws.map { try #require($0.measurements.first) }
        #expect(amid.allSatisfy { $0.identified == 60 })
        #expect(amid.allSatisfy { ($0.share ?? 0) > 0.85 })
        let held = amid.reduce(0) { $0 + $1.held }
        #expect(held > 7 * 60 * 92 / 100 && held < 7 * 60 * 99 / 100, "\(held)")
    }

    @Test func everyLawIsSimulated() throws {
        #expect(Set(CoverageDesign.all.map(\.law.name)) == Set(Laws.all.map(\.name)))
        for design in CoverageDesign.all {
            let points = try design.points(seed: 1)
            #expect(points.count == design.pointCount && design.places.count == 2)
            #expect(try design.points(seed: 1) == points && design.points(seed: 2) != points)
        }
    }

    @Test func theTableSaysWhatIsNotIdentified() throws {
        let report = try CoverageReport.simulate(laws: ["qid-exponential"], repetitions: 2, seed: 1)
        let row = try #require(report.table.split(separator: "\n").last)
        #expect(row.hasPrefix("| qid-exponential | 36 of 12 checkpoints | 7 shared, 7 own % | k "))
        #expect(row.hasSuffix(" none |"))
        let document = try JSONValue(parsing: Array(report.json.utf8)).object
        #expect(document?["laws"]?.array?.first?.object?["parameters"]?.array?.count == 4)
    }

    @Test func unknownLawsAreRefused() {
        let known = CoverageDesign.all.map(\.law.name)
        #expect(throws: BenchmarkError.notSimulated(law: "x", known: known)) {
            try CoverageReport.simulate(laws: ["x"], repetitions: 1, seed: 1)
        }
    }
}
