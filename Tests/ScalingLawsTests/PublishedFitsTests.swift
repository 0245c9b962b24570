import Foundation
import ScalingLaws
import TestSupport
import Testing

/// Fits of published points against the constants published for them.
@Suite struct PublishedFitsTests {
    private static let quest = "quest_qat_runs.csv"
    private static let visionTransformers = "sparsity_vit_jft.csv"
    private static let absent: Comment =
        "points that may not be passed on; who has them: \(PublishedPoints.directory.path)"

    private static func points(_ name: String) throws -> [Point] {
        try Points.parse(csv: String(contentsOf: PublishedPoints.file(name), encoding: .utf8))
    }

    @Test func tableOneOfLowBitLaws() throws {
        let text = try String(decoding: Fixtures.bytes("published/qid_table1.csv"), as: UTF8.self)
        let points = try Points.parse(csv: text)
        let result = try fit(points, Laws.named("qid-per-bit"), FitOptions(bootstrapDraws: 100))
        func value(_ name: String) -> Double { result.parameters.first { $0.name == name }?.value ?? .nan }
        #expect(abs(value("beta.4") - 0.65506) < 5e-6)
        #expect(abs(value("alpha.4") - 0.38350) < 5e-6)
        #expect(abs(value("k.4") - 6.1323e-6) < 5e-11)
        #expect(abs(value("beta.3") - 0.6728) < 1e-4)
        #expect(abs(value("alpha.3") - 0.3547) < 5e-5)
        #expect(abs(value("k.3") - 1.170e-5) < 5e-9)
        #expect(abs(value("beta.2") - 0.524) < 5e-4)
        #expect(abs(value("alpha.2") - 0.225) < 5e-4)
        #expect(abs(value("k.2") - 3.8e-4) < 5e-6)
        #expect(result.r2 > 0.9999)
        #expect(result.startsAtBest == result.starts)
    }

    @Test(.enabled(if: PublishedPoints.has(quest), absent)) func questMultipliers() throws {
        let points = try Self.points(Self.quest)
        let result = try fit(
            points, Laws.named("effective-parameters"), FitOptions(bootstrapDraws: 200, holdsOut: false))
        #expect(abs(result.objectiveValue - 7.380535e-4) < 1e-10)
        let published = [
            "1WO": 0.1384, "2WO": 0.4137, "3WO": 0.6531, "4WO": 0.8404, "1": 0.0205, "2": 0.1519, "3": 0.4331,
            "4": 0.6918, "8": 1.0162, "fp4": 0.6296, "2.5": 0.3812,
        ]
        for (scheme, eff) in published {
            let found = result.parameters.first { $0.name == "eff.\(scheme)" }
            #expect(abs((found?.value ?? .nan) - eff) < 1.5e-4, "\(scheme)")
        }
        #expect(result.referenceScheme == "16")
        let e = try #require(result.parameters.first { $0.name == "e" })
        #expect(e.atBound && !e.identified && e.value == 0 && e.high > 0.1)
        #expect(result.warnings.contains { $0.kind == .atBound && $0.finding.contains("e is not identified") })
    }

    @Test(.enabled(if: PublishedPoints.has(quest), absent), arguments: [(0.5, 0.821), (1.0, 0.790), (1.5, 0.739)])
    func forcingQuestsConstantMovesTheMultipliers(e: Double, eff: Double) throws {
        let points = try Self.points(Self.quest)
        let options = FitOptions(fixed: ["e": e], bootstrapDraws: 0, holdsOut: false)
        let result = try fit(points, Laws.named("effective-parameters"), options)
        let found = result.parameters.first { $0.name == "eff.4WO" }
        #expect(abs((found?.value ?? .nan) - eff) < 6e-4)
    }

    @Test(.enabled(if: PublishedPoints.has(visionTransformers), absent)) func sparsityOfVisionTransformers() throws {
        let points = try Self.points(Self.visionTransformers)
        let scaled = points.map { point in
            var point = point
            point.conditions.params /= 1e6
            point.conditions.tokens /= 1e9
            return point
        }
        let result = try fit(scaled, Laws.named("sparsity"), FitOptions(bootstrapDraws: 0, holdsOut: false))
        #expect(abs(result.objectiveValue - 4.92908788e-4) < 1e-11)
        let published = [
            "a": 1.30485, "b": 0.82101, "c": 2.07506, "d": 0.39223, "e": 0.27818, "f": 0.88979, "g": 4.51669,
        ]
        for (name, value) in published {
            let found = result.parameters.first { $0.name == name }
            #expect(abs((found?.value ?? .nan) - value) < 3e-4 * max(1, value), "\(name)")
        }
    }
}
