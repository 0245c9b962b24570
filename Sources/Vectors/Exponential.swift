/// e to the power of each lane, within 1 ulp, from the smallest subnormal to infinity.
@inlinable @_transparent
package func exponential(_ x: Floats) -> Floats {
    ExponentialParts(x.larger(Floats(repeating: -105)).smaller(Floats(repeating: 90))).value
}

/// e to the power of each lane for lanes that are not positive, within 1 ulp; zero below −87.3, where it would be subnormal.
@inlinable @_transparent
package func exponentialOfNonPositive(_ x: Floats) -> Floats {
    let parts = ExponentialParts(x)
    let power = powerOfTwo(parts.n)
    // What comes of lanes below −87.3 is anything, even NaN.
    return power.plus(power, parts.excess).replacing(with: Floats.zero, where: x .< -87.3)
}

/// eˣ as (1 + excess)·2ⁿ: x = n·ln 2 + r with |r| ≤ ln 2 / 2, excess = eʳ − 1 (reduced in two steps, Cody and Waite, 1980).
///
/// The polynomial is the minimax one for the relative error, 4e-9.
@usableFromInline struct ExponentialParts {
    @usableFromInline var excess: Floats
    /// What `excess` lacks.
    @usableFromInline var rest = Floats.zero
    @usableFromInline var n: SIMD16<Int32>

    @inlinable @_transparent
    init(excess: Floats, n: SIMD16<Int32>) { (self.excess, self.n) = (excess, n) }

    /// The parts of eˣ, for −125 ≤ x ≤ 90.
    @inlinable @_transparent
    init(_ x: Floats) {
        (self, _) = Self.reduce(x)
    }

    /// The parts of e to the power of x + `rest`, for a rest so small that its square is nothing.
    @inlinable @_transparent
    init(_ x: Floats, plus rest: Floats) {
        let missing: Floats
        (self, missing) = Self.reduce(x)
        self.rest = (missing + rest).plus(missing + rest, excess)
    }

    /// The parts of eˣ, and what was lost of r.
    @inlinable @_transparent
    static func reduce(_ x: Floats) -> (parts: ExponentialParts, missing: Floats) {
        // Adding 1.5·2²³ rounds to an integer, which then stands in the low bits.
        let magic = Floats(repeating: 0x1.8p23)
        let shifted = magic.plus(x, Floats(repeating: 0x1.715476p0))
        let whole = shifted - magic
        let coarse = x.plus(whole, Floats(repeating: -0x1.62e4p-1))
        let r = coarse.plus(whole, Floats(repeating: -0x1.7f7d1cp-20))
        let missing = (coarse - r).plus(whole, Floats(repeating: -0x1.7f7d1cp-20))
        let q = r.polynomial((0x1.6a2434p-10, 0x1.1239e2p-7, 0x1.5558f2p-5, 0x1.555492p-3, 0x1.fffffcp-2))
        let n = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- unsafeBitCast(magic, to: SIMD16<Int32>.self)
        return (ExponentialParts(excess: r.plus(q * r, r), n: n), missing)
    }

    /// eˣ, rounded once also where it is subnormal.
    @inlinable @_transparent
    var value: Floats { times(Floats(repeating: 1)) }

    /// factor·eˣ, rounded once; the power of two comes last and in two factors, so that subnormal results are as well.
    @inlinable @_transparent
    func times(_ factor: Floats) -> Floats {
        let half = n &>> 1
        return factor.plus(factor, excess) * powerOfTwo(half) * powerOfTwo(n &- half)
    }

    /// (factor + factorRest)·eˣ for a small rest, rounded once.
    @inlinable @_transparent
    func times(_ factor: Floats, rest factorRest: Floats) -> Floats {
        let half = n &>> 1
        let small = factorRest.plus(factor, rest).plus(factor, excess)
        return (factor + small) * powerOfTwo(half) * powerOfTwo(n &- half)
    }
}

/// 2ⁿ of each lane, for −126 ≤ n ≤ 127.
@inlinable @_transparent
func powerOfTwo(_ n: SIMD16<Int32>) -> Floats {
    unsafeBitCast((n &<< 23) &+ 0x3f80_0000, to: Floats.self)
}
