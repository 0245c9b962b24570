import Foundation
import Mathematics
import ScalingLaws

/// Points made from laws with known parameters.
enum Simulation {
    /// Sizes × tokens × bits.
    static func grid(_ sizes: [Double], _ tokens: [Double], _ bits: [Double?]) -> [Conditions] {
        sizes.flatMap { size in
            tokens.flatMap { tokens in bits.map { Conditions(params: size, tokens: tokens, bits: $0) } }
        }
    }

    static let sizes = [1e8, 4e8, 1e9, 3e9]
    static let tokens = [3e9, 3e10, 3e11]

    /// Points on a law, each off by a normal error of its logarithm.
    static func points(
        _ name: String, _ truth: [String: Double], _ conditions: [Conditions], noise: Double = 0, seed: UInt64 = 1
    ) throws -> [Point] {
        let law = try Laws.named(name)
        let names = truth.keys.sorted()
        let values = try Curve(law, names: names).values(at: conditions, parameters: names.map { truth[$0] ?? .nan })
        var random = Random(state: seed)
        return zip(conditions, values).map { conditions, value in
            let measured = value * exp(noise * random.normal())
            guard law.quantity.isDegradation else { return Point(conditions, loss: measured) }
            var point = Point(
                conditions, qid: law.quantity == .qid ? measured : nil, kl: law.quantity == .kl ? measured : nil)
            // Each checkpoint of a run of its own: independent but for its specs.
            point.series = "\(conditions.params) \(conditions.tokens)"
            return point
        }
    }

    static let unified = ["k": 0.017, "alpha": 0.2261, "beta": 0.5251, "gamma": 5.4967]
    static let chinchilla = ["E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658]
}

/// A linear congruential generator with Box and Muller's normals: not the library's own.
struct Random {
    var state: UInt64

    mutating func uniform() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (Double(state >> 11) + 0.5) * 0x1p-53
    }

    mutating func normal() -> Double {
        let radius = (-2 * log(uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }
}
