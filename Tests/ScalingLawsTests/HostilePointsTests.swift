import Foundation
import Mathematics
import ScalingLaws
import Testing

/// Points that no experiment gives: a fit may throw or say little, and must not trap.
@Suite struct HostilePointsTests {
    private static let values = [1e-300, 1e-9, 0.5, 1, 3, 16, 1e9, 1e10, 1e150, 1e300, Double.leastNonzeroMagnitude]

    @Test(arguments: Laws.all.map(\.name) + ["a + b * params^c", "qid = exp(a * tokens) / bits", "a / (b - params)"])
    func neverTrap(name: String) throws {
        let law = try Laws.named(name)
        let seed: UInt64 = 20_261_121
        var random = Random(state: seed)
        var fitted = 0
        for round in 0..<12 {
            let isWild = round % 2 == 0
            func value() -> Double {
                isWild ? Self.values[Int(random.uniform() * Double(Self.values.count))] : exp(random.normal() * 3)
            }
            let points = (0..<Int(random.uniform() * 40)).map { index -> Point in
                var point = Point(Conditions(params: value(), tokens: value()))
                point.conditions.bits = [nil, 2, 4, 16][index % 4]
                point.conditions.group = index % 3 == 0 ? nil : 1 + value()
                point.conditions.sparsity = [nil, 0, 0.9][index % 3]
                point.conditions.scheme = ["dense", "int4", "x"][index % 3]
                point.conditions.columns = ["distortion": value(), "sensitivity": value()]
                point.loss = value()
                point.kl = value()
                point.klStderr = index % 5 == 0 ? 0 : value()
                point.qid = value() * (random.uniform() < 0.2 ? -1 : 1)
                point.qidStderr = index % 5 == 0 ? 0 : value()
                point.tokensStderr = round % 5 == 0 ? value() : nil
                return point
            }
            let options = FitOptions(starts: 3, bootstrapDraws: 25)
            guard let result = try? fit(points, law, options) else { continue }
            fitted += 1
            for parameter in result.parameters {
                #expect(
                    parameter.low <= parameter.value && parameter.value <= parameter.high, "seed \(seed) \(parameter)")
            }
            _ = try? result.predict([Conditions(params: 1e300, tokens: 1e-300, bits: 4, scheme: "int4")])
        }
        #expect(fitted > 0)
    }
}
