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
