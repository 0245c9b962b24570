/// A function of one value, for sixteen at a time.
@usableFromInline protocol ElementFunction {
    static func value(_ x: Floats) -> Floats
}

/// max(x, 0).
@usableFromInline enum ReLU: ElementFunction {
    @inlinable @_transparent
    static func value(_ x: Floats) -> Floats {
        x.replacing(with: Floats.zero, where: x .< Floats.zero)
    }
}

/// max(x, 0)².
@usableFromInline enum SquaredReLU: ElementFunction {
    @inlinable @_transparent
    static func value(_ x: Floats) -> Floats {
        let positive = ReLU.value(x)
        return positive * positive
    }
}

/// x/(1 + e⁻ˣ), computed from e to the power of −|x|, which cannot overflow.
@usableFromInline enum SiLU: ElementFunction {
    @inlinable @_transparent
    static func value(_ x: Floats) -> Floats {
        sigmoidTimes(x, argument: x, rest: Floats.zero)
    }
}

/// x/2·(1 + tanh y) = x/(1 + e^−2y) with 2y = x·(c + 0.044715·c·x²), c = 2·√(2/π), in two words:
/// a rounded 2y alone would cost |2y| half ulps.
@usableFromInline enum TanhGELU: ElementFunction {
    @inlinable @_transparent
    static func value(_ x: Floats) -> Floats {
        // Beyond 16 the result is x or 0 already.
        let t = x.smaller(Floats(repeating: 16)).larger(Floats(repeating: -16))
        let cubic = Floats(repeating: 0x1.2444f2p-4)
        let square = t * t
        let squareRest = (-square).plus(t, t)
        let product = cubic * square
        let productRest = (-product).plus(cubic, square) + cubic * squareRest + square * 0x1.49b16ap-29
        let linear = Floats(repeating: 0x1.988454p0)
        let sum = linear + product
        // Knuth's two-sum gives the sum's rounding error.
        let back = sum - linear
        let sumRest = (linear - (sum - back)) + (product - back) + (productRest + Floats(repeating: -0x1.857936p-25))
        let argument = t * sum
        let argumentRest = (-argument).plus(t, sum).plus(t, sumRest)
        return sigmoidTimes(x, argument: argument, rest: argumentRest)
    }
}

/// x·σ(argument + rest) for a small rest.
@inlinable @_transparent
func sigmoidTimes(_ x: Floats, argument: Floats, rest: Floats) -> Floats {
    let negative = argument .< Floats.zero
    let parts = ExponentialParts(
        (-argument.magnitude).larger(Floats(repeating: -125)), plus: rest.replacing(with: -rest, where: .!negative))
    let power = parts.value
    let denominator = Floats(repeating: 1) + power
    let denominatorRest = power - (denominator - Floats(repeating: 1))
    // The quotient in two words; below −128 the power makes the result zero anyhow.
    let bounded = x.larger(Floats(repeating: -128))
    let reciprocal = Floats(repeating: 1) / denominator
    let quotient = bounded * reciprocal
    let quotientRest =
        reciprocal * bounded.plus(-quotient, denominator).plus(-quotient, denominatorRest)
    return (quotient + quotientRest).replacing(with: parts.times(quotient, rest: quotientRest), where: negative)
}

/// x·Φ(x) with the normal distribution's Φ.
///
/// With t = |x|, Φ(−t) = e^(−t²/2)·p(z)/(t + 4), z = (t − 4)/(t + 4), p the minimax polynomial (relative error 1e-8)
/// after Shepherd and Laframboise (1981). t² and 1/(t + 4) are taken in two words: the first one's rounding would cost
/// t²/2 half ulps, the second one's a few where t is small.
@usableFromInline enum GELU: ElementFunction {
    @inlinable @_transparent
    static func value(_ x: Floats) -> Floats {
        // Beyond 15 the result is x or 0 already.
        let t = x.magnitude.smaller(Floats(repeating: 15))
        let square = t * t
        let squareRest = (-square).plus(t, t)
        let parts = ExponentialParts(square * -0.5, plus: squareRest * -0.5)
        let sum = t + Floats(repeating: 4)
        let sumRest = t - (sum - Floats(repeating: 4))
        let reciprocal = Floats(repeating: 1) / sum
        let rest = reciprocal * Floats(repeating: 1).plus(-sum, reciprocal).plus(-sumRest, reciprocal)
        let z = Floats.fused(Floats(repeating: -8), reciprocal, 1).plus(Floats(repeating: -8), rest)
        let high = z.polynomial((-0x1.208ef4p-13, 0x1.5fdae6p-13, 0x1.9aabb8p-10, -0x1.cb9c30p-9, -0x1.ecfa14p-8))
        let q = z.polynomial(after: high, (0x1.eed224p-5, -0x1.7e0048p-3, 0x1.8c6da0p-2, -0x1.373e38p-1))
        let p = Floats.fused(z, q, 0x1.82b4bcp-1)
        let pRest = (Floats(repeating: 0x1.82b4bcp-1) - p).plus(z, q) + Floats(repeating: -0x1.276d9cp-27)
        // x·p/(t + 4) in two words, times e^(−t²/2).
        let bounded = x.larger(Floats(repeating: -16))
        let ratio = p * reciprocal
        let ratioRest = (-ratio).plus(p, reciprocal).plus(p, rest).plus(pRest, reciprocal)
        let factor = bounded * ratio
        let factorRest = (-factor).plus(bounded, ratio).plus(bounded, ratioRest)
        let tail = parts.times(factor, rest: factorRest)
        return tail.replacing(with: x - tail, where: x .> Floats.zero)
    }
}
