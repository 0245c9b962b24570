import RealModule

/// The standard normal distribution.
package enum Normal {
    /// φ(x) = e^(−x²/2)/√(2π).
    package static func density(_ x: Double) -> Double { .exp(-x * x / 2) * 0.398_942_280_401_432_7 }
    /// Φ(x).
    package static func cumulative(_ x: Double) -> Double { Double.erfc(-x / 2.0.squareRoot()) / 2 }
    /// 1 − Φ(x), without loss of digits for large x.
    package static func upperTail(_ x: Double) -> Double { Double.erfc(x / 2.0.squareRoot()) / 2 }

    /// Φ⁻¹(p): Hastings' rational approximation and one step each of Newton's and Halley's methods; error below 1e-9.
    package static func quantile(_ p: Double) -> Double {
        guard p > 0 else { return -.infinity }
        guard p < 1 else { return .infinity }
        let first = p < 0.5 ? -tail(p) : tail(1 - p)
        let error = (cumulative(first) - p) / density(first)
        return first - error / (1 + first * error / 2)
    }

    /// Hastings' approximation of the upper quantile for p ≤ ½, absolute error below 4.5e-4.
    private static func tail(_ p: Double) -> Double {
        let t = (-2 * Double.log(p)).squareRoot()
        let numerator = 2.515517 + t * (0.802853 + t * 0.010328)
        let denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
        let rough = t - numerator / denominator
        let error = (p - upperTail(rough)) / density(rough)
        return rough - error
    }
}

extension RandomNumbers {
    /// Standard normal, by inversion.
    package mutating func normal() -> Double { Normal.quantile((Double(next() >> 11) + 0.5) * 0x1p-53) }
}

/// Student's t distribution.
package enum StudentT {
    /// The x with P(T ≤ x) = p for real degrees of freedom ≥ 1, by bisection on `cumulative`.
    package static func quantile(_ p: Double, degrees: Double) -> Double {
        guard degrees < 1e6 else { return Normal.quantile(p) }
        if p < 0.5 { return -quantile(1 - p, degrees: degrees) }
        var (low, high) = (0.0, 1.0)
        while cumulative(high, degrees: degrees) < p && high < 1e8 { high *= 2 }
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if cumulative(middle, degrees: degrees) < p { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// P(T ≤ x) = 1 − ½·I_{ν/(ν+x²)}(ν/2, ½) for x ≥ 0.
    package static func cumulative(_ x: Double, degrees: Double) -> Double {
        let tail = regularizedBeta(degrees / (degrees + x * x), degrees / 2, 0.5) / 2
        return x < 0 ? tail : 1 - tail
    }

    /// I_x(a, b) by its continued fraction (Lentz), relative error about 1e-14.
    private static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let front = Double.exp(
            .logGamma(a + b) - .logGamma(a) - .logGamma(b) + a * .log(x) + b * .log(onePlus: -x))
        guard x <= (a + 1) / (a + b + 2) else { return 1 - front * continuedFraction(1 - x, b, a) / b }
        return front * continuedFraction(x, a, b) / a
    }

    private static func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        var c = 1.0
        var d = 1 / nonzero(1 - (a + b) * x / (a + 1), tiny)
        var result = d
        for m in 1...500 {
            let m = Double(m)
            for term in [
                m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
            ] {
                d = 1 / nonzero(1 + term * d, tiny)
                c = nonzero(1 + term / c, tiny)
                result *= c * d
            }
            if abs(c * d - 1) < 1e-15 { break }
        }
        return result
    }

    private static func nonzero(_ value: Double, _ tiny: Double) -> Double { abs(value) < tiny ? tiny : value }
}
