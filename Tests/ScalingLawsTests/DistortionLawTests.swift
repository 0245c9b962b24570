import Foundation
import ScalingLaws
import Testing

/// The law of distortion is of all methods together: each is left out in turn, zeros in 16 bits count as well.
@Suite struct DistortionLawTests {
    private func points(strange: Double = 1) throws -> [Point] {
        var conditions: [Conditions] = []
        for checkpoint in 0..<6 {
            for (place, method) in ["rtn", "gptq", "hqq", "wanda"].enumerated() {
                for step in 0..<3 {
                    var one = Conditions(params: Double(1 + checkpoint) * 1e8, tokens: 1e10, bits: place == 3 ? 16 : 4)
                    one.columns["distortion"] = 0.001 * Double(1 << (2 * step)) * Double(place + 2)
                    one.columns["sensitivity"] = 1 + 0.2 * Double(checkpoint)
                    one.labels["method"] = method
                    conditions.append(one)
                }
            }
        }
        return try Simulation.points("kl-distortion", ["c": 1.1, "p": 1.05], conditions, noise: 0.05).map { point in
            var copy = point
            if point.conditions.labels["method"] == "hqq" { copy.kl = point.kl.map { $0 * strange } }
            return copy
        }
    }

    @Test func whatStaysInSixteenBitsCountsToo() throws {
        let fit = try fit(try points(), Laws.klDistortion, FitOptions(phases: .all, bootstrapDraws: 0, profiles: false))
        #expect(fit.n == 72 && fit.leftOut.isEmpty && fit.objective == .log)
        #expect(abs(try #require(fit.parameters.first { $0.name == "c" }).value - 1.1) < 0.05)
        #expect(abs(try #require(fit.parameters.first { $0.name == "p" }).value - 1.05) < 0.02)
    }

    @Test func eachMethodIsLeftOutInTurn() throws {
        let options = FitOptions(phases: .all, bootstrapDraws: 0, profiles: false)
        let alike = try #require(
            try fit(try points(), Laws.klDistortion, options).heldOut.first { $0.kind == .methods })
        #expect(alike.points == 72 && alike.what == "each of 4 methods in turn")
        #expect(try #require(alike.rmsLogError) < 0.07 && #require(alike.inside) >= 64)
        let strange = try #require(
            try fit(try points(strange: 3), Laws.klDistortion, options).heldOut.first { $0.kind == .methods })
        #expect(try #require(strange.rmsLogError) > 0.4)
        // Laws of one scheme have nothing of the kind.
        let other = try fit(
            Simulation.points(
                "kl-unified", Simulation.unified, Simulation.grid(Simulation.sizes, Simulation.tokens, [4, 3, 2]),
                noise: 0.05), Laws.klUnified, options)
        #expect(!other.heldOut.contains { $0.kind == .methods })
    }
}
