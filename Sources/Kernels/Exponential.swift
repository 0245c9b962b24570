/// e to the power of each lane, within 1 ulp, from the smallest subnormal to infinity.
@inline(__always)
package func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
    ExponentialParts(x.larger(Lanes(repeating: -105)).smaller(Lanes(repeating: 90))).value
}

/// e to the power of each lane for lanes that are not positive, within 1 ulp; zero below −87.3, where it would be subnormal.
@inline(__always)
package func exponentialOfNonPositive(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let parts = ExponentialParts(x.larger(Lanes(repeating: -87.3)))
    let power = (Lanes(repeating: 1) + parts.excess) * powerOfTwo(parts.n)
    return power.replacing(with: Lanes.zero, where: x .< -87.3)
}

/// eˣ as (1 + excess)·2ⁿ: x = n·ln 2 + r with |r| ≤ ln 2 / 2, excess = eʳ − 1 (reduced in two steps, Cody and Waite, 1980).
///
/// The polynomial is the minimax one for the relative error, 4e-9.
struct ExponentialParts {
    var excess: Lanes
    /// What `excess` lacks.
    var rest = Lanes.zero
    var n: SIMD8<Int32>

    @inline(__always)
    private init(excess: Lanes, n: SIMD8<Int32>) { (self.excess, self.n) = (excess, n) }

    /// The parts of eˣ, for −125 ≤ x ≤ 90.
    @inline(__always)
    init(_ x: Lanes) {
        (self, _) = Self.reduce(x)
    }

    /// The parts of e to the power of x + `rest`, for a rest so small that its square is nothing.
    @inline(__always)
    init(_ x: Lanes, plus rest: Lanes) {
        let missing: Lanes
        (self, missing) = Self.reduce(x)
        self.rest = (missing + rest).plus(missing + rest, excess)
    }

    /// The parts of eˣ, and what was lost of r.
    @inline(__always)
    private static func reduce(_ x: Lanes) -> (parts: ExponentialParts, missing: Lanes) {
        // Adding 1.5·2²³ rounds to an integer, which then stands in the low bits.
        let magic = Lanes(repeating: 0x1.8p23)
        let shifted = magic.plus(x, Lanes(repeating: 0x1.715476p0))
        let whole = shifted - magic
        let coarse = x.plus(whole, Lanes(repeating: -0x1.62e4p-1))
        let r = coarse.plus(whole, Lanes(repeating: -0x1.7f7d1cp-20))
        let missing = (coarse - r).plus(whole, Lanes(repeating: -0x1.7f7d1cp-20))
        let q = r.polynomial((0x1.6a2434p-10, 0x1.1239e2p-7, 0x1.5558f2p-5, 0x1.555492p-3, 0x1.fffffcp-2))
        let n = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- unsafeBitCast(magic, to: SIMD8<Int32>.self)
        return (ExponentialParts(excess: r.plus(q * r, r), n: n), missing)
    }

    /// eˣ, rounded once also where it is subnormal.
    @inline(__always)
    var value: Lanes { times(Lanes(repeating: 1)) }

    /// factor·eˣ, rounded once; the power of two comes last and in two factors, so that subnormal results are as well.
    @inline(__always)
    func times(_ factor: Lanes) -> Lanes {
        let half = n &>> 1
        return factor.plus(factor, excess) * powerOfTwo(half) * powerOfTwo(n &- half)
    }

    /// (factor + factorRest)·eˣ for a small rest, rounded once.
    @inline(__always)
    func times(_ factor: Lanes, rest factorRest: Lanes) -> Lanes {
        let half = n &>> 1
        let small = factorRest.plus(factor, rest).plus(factor, excess)
        return (factor + small) * powerOfTwo(half) * powerOfTwo(n &- half)
    }
}

/// 2ⁿ of each lane, for −126 ≤ n ≤ 127.
@inline(__always)
private func powerOfTwo(_ n: SIMD8<Int32>) -> Lanes {
    unsafeBitCast((n &+ 127) &<< 23, to: Lanes.self)
}
