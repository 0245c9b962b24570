import Mathematics
import RealModule

/// Mean squared error of scalar formats on N(0, 1), each at the scale where it is least (GMSE of 2506.01863).
package enum GaussianError {
    /// The error of 2^bits evenly spaced levels around 0 (mid-rise) at the best step; relative error below 2e-9.
    ///
    /// Fractional bits interpolate the logarithm between the whole ones.
    package static func uniform(bits: Double) -> Double {
        let clamped = min(max(bits, 1), 16)
        let low = clamped.rounded(.down)
        let fraction = clamped - low
        let lowError = table[Int(low) - 1]
        guard fraction > 0 else { return lowError }
        return .exp(.log(lowError) * (1 - fraction) + .log(table[Int(low)]) * fraction)
    }

    /// The error of given levels (symmetric around 0 or not) at the best scale.
    package static func least(levels: [Double]) -> Double {
        let sorted = levels.sorted()
        let largest = sorted.reduce(0) { max($0, abs($1)) }
        return minimum(over: 0.02 / largest * 4, 40 / largest) { scale in
            meanSquaredError(levels: sorted.map { $0 * scale })
        }
    }

    private static let table: [Double] = (1...16).map { bits in
        let half = 1 << (bits - 1)
        return minimum(over: 0.5 / Double(half), 8 / Double(half)) { step in midRiseError(half: half, step: step) }
    }

    /// E[(x − q(x))²] for sorted levels with boundaries halfway: 1 − 2Σ l·E[x; cell] + Σ l²·P(cell).
    private static func meanSquaredError(levels: [Double]) -> Double {
        var total = 1.0
        for (index, level) in levels.enumerated() {
            let low = index == 0 ? -Double.infinity : (levels[index - 1] + level) / 2
            let high = index == levels.count - 1 ? Double.infinity : (level + levels[index + 1]) / 2
            total += level * level * (Normal.cumulative(high) - Normal.cumulative(low))
            total -= 2 * level * (Normal.density(low) - Normal.density(high))
        }
        return total
    }

    /// The same for levels ±(i + ½)·step, i < half, summed over cells, which loses no digits at many bits.
    private static func midRiseError(half: Int, step: Double) -> Double {
        var total = 0.0
        for index in 0..<half {
            let level = (Double(index) + 0.5) * step
            let low = Double(index) * step
            if index == half - 1 {
                total += tailError(level: level, from: low)
            } else {
                total += cellError(level: level, width: step)
            }
        }
        return 2 * total
    }

    /// ∫(x − level)²φ(x) over the cell of this width around the level, by five-point Gauss–Legendre.
    private static func cellError(level: Double, width: Double) -> Double {
        let parts = max(1, Int((width / 0.25).rounded(.up)))
        let small = width / Double(parts)
        var total = 0.0
        for part in 0..<parts {
            let centre = level - width / 2 + (Double(part) + 0.5) * small
            for (node, weight) in zip(nodes, weights) {
                let x = centre + node * small / 2
                total += weight * small / 2 * (x - level) * (x - level) * Normal.density(x)
            }
        }
        return total
    }

    /// ∫(x − level)²φ(x) from `low` to infinity.
    private static func tailError(level: Double, from low: Double) -> Double {
        (1 + level * level) * Normal.upperTail(low) + (low - 2 * level) * Normal.density(low)
    }

    private static let nodes = [
        0.0, 0.5384693101056831, -0.5384693101056831, 0.9061798459386640, -0.9061798459386640,
    ]
    private static let weights = [
        0.5688888888888889, 0.4786286704993665, 0.4786286704993665, 0.2369268850561891, 0.2369268850561891,
    ]

    /// The least value of a function with one minimum, by golden section in the logarithm.
    private static func minimum(over low: Double, _ high: Double, _ value: (Double) -> Double) -> Double {
        let ratio = 0.6180339887498949
        var (a, b) = (Double.log(low), Double.log(high))
        var (c, d) = (b - ratio * (b - a), a + ratio * (b - a))
        var (atC, atD) = (value(.exp(c)), value(.exp(d)))
        for _ in 0..<90 {
            if atC < atD {
                (b, d, atD) = (d, c, atC)
                c = b - ratio * (b - a)
                atC = value(.exp(c))
            } else {
                (a, c, atC) = (c, d, atD)
                d = a + ratio * (b - a)
                atD = value(.exp(d))
            }
        }
        return min(atC, atD)
    }
}
