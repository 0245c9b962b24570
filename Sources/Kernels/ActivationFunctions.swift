/// A function of one value, for eight at a time.
protocol ElementFunction {
    static func value(_ x: Lanes) -> Lanes
}

/// max(x, 0).
enum ReLU: ElementFunction {
    @inline(__always)
    static func value(_ x: Lanes) -> Lanes {
        x.replacing(with: Lanes.zero, where: x .< Lanes.zero)
    }
}

/// max(x, 0)².
enum SquaredReLU: ElementFunction {
    @inline(__always)
    static func value(_ x: Lanes) -> Lanes {
        let positive = ReLU.value(x)
        return positive * positive
    }
}

/// x/(1 + e⁻ˣ), computed from e to the power of −|x|, which cannot overflow.
enum SiLU: ElementFunction {
    @inline(__always)
    static func value(_ x: Lanes) -> Lanes {
        sigmoidTimes(x, argument: x, rest: Lanes.zero)
    }
}

/// x/2·(1 + tanh y) = x/(1 + e^−2y) with 2y = x·(c + 0.044715·c·x²), c = 2·√(2/π), in two words:
/// a rounded 2y alone would cost |2y| half ulps.
enum TanhGELU: ElementFunction {
    @inline(__always)
    static func value(_ x: Lanes) -> Lanes {
        // Beyond 16 the result is x or 0 already.
        let t = x.smaller(Lanes(repeating: 16)).larger(Lanes(repeating: -16))
        let cubic = Lanes(repeating: 0x1.2444f2p-4)
        let square = t * t
        let squareRest = (-square).plus(t, t)
        let product = cubic * square
        let productRest = (-product).plus(cubic, square) + cubic * squareRest + square * 0x1.49b16ap-29
        let linear = Lanes(repeating: 0x1.988454p0)
        let sum = linear + product
        // Knuth's two-sum gives the sum's rounding error.
        let back = sum - linear
        let sumRest = (linear - (sum - back)) + (product - back) + (productRest + Lanes(repeating: -0x1.857936p-25))
        let argument = t * sum
        let argumentRest = (-argument).plus(t, sum).plus(t, sumRest)
        return sigmoidTimes(x, argument: argument, rest: argumentRest)
    }
}

/// x·σ(argument + rest) for a small rest.
@inline(__always)
private func sigmoidTimes(_ x: Lanes, argument: Lanes, rest: Lanes) -> Lanes {
    let negative = argument .< Lanes.zero
    let parts = ExponentialParts(
        (-argument.magnitude).larger(Lanes(repeating: -125)), plus: rest.replacing(with: -rest, where: .!negative))
    let power = parts.value
    let denominator = Lanes(repeating: 1) + power
    let denominatorRest = power - (denominator - Lanes(repeating: 1))
    // The quotient in two words; below −128 the power makes the result zero anyhow.
    let bounded = x.larger(Lanes(repeating: -128))
    let reciprocal = Lanes(repeating: 1) / denominator
    let quotient = bounded * reciprocal
    let quotientRest =
        reciprocal * bounded.plus(-quotient, denominator).plus(-quotient, denominatorRest)
    return (quotient + quotientRest).replacing(with: parts.times(quotient, rest: quotientRest), where: negative)
}

/// x·Φ(x): with t = |x|, Φ(−t) = e^(−t²/2)·p(z)/(t + 4), z = (t − 4)/(t + 4), p the minimax polynomial (relative error 1e-8)
/// after Shepherd and Laframboise (1981). t² and 1/(t + 4) are taken in two words: the first one's rounding would cost
/// t²/2 half ulps, the second one's a few where t is small.
enum GELU: ElementFunction {
    @inline(__always)
    static func value(_ x: Lanes) -> Lanes {
        // Beyond 15 the result is x or 0 already.
        let t = x.magnitude.smaller(Lanes(repeating: 15))
        let square = t * t
        let squareRest = (-square).plus(t, t)
        let parts = ExponentialParts(square * -0.5, plus: squareRest * -0.5)
        let sum = t + Lanes(repeating: 4)
        let sumRest = t - (sum - Lanes(repeating: 4))
        let reciprocal = Lanes(repeating: 1) / sum
        let rest = reciprocal * Lanes(repeating: 1).plus(-sum, reciprocal).plus(-sumRest, reciprocal)
        let z = Lanes.fused(Lanes(repeating: -8), reciprocal, 1).plus(Lanes(repeating: -8), rest)
        let high = z.polynomial((-0x1.208ef4p-13, 0x1.5fdae6p-13, 0x1.9aabb8p-10, -0x1.cb9c30p-9, -0x1.ecfa14p-8))
        let q = z.polynomial(after: high, (0x1.eed224p-5, -0x1.7e0048p-3, 0x1.8c6da0p-2, -0x1.373e38p-1))
        let p = Lanes.fused(z, q, 0x1.82b4bcp-1)
        let pRest = (Lanes(repeating: 0x1.82b4bcp-1) - p).plus(z, q) + Lanes(repeating: -0x1.276d9cp-27)
        // x·p/(t + 4) in two words, times e^(−t²/2).
        let bounded = x.larger(Lanes(repeating: -16))
        let ratio = p * reciprocal
        let ratioRest = (-ratio).plus(p, reciprocal).plus(p, rest).plus(pRest, reciprocal)
        let factor = bounded * ratio
        let factorRest = (-factor).plus(bounded, ratio).plus(bounded, ratioRest)
        let tail = parts.times(factor, rest: factorRest)
        return tail.replacing(with: x - tail, where: x .> Lanes.zero)
    }
}
