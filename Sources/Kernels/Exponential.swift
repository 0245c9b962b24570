/// e to the power of each lane, within 1 ulp, from the smallest subnormal to infinity.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, eˣ = 2ⁿ·eʳ, eʳ by a polynomial (Cody and Waite, 1980); 2ⁿ in two factors, so that
/// subnormal results are rounded once and large ones become infinite.
@inline(__always)
package func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
    var clamped = x.replacing(with: Lanes(repeating: -105), where: x .< -105)
    clamped.replace(with: Lanes(repeating: 90), where: x .> 90)
    let (power, n) = reducedExponential(clamped)
    let half = n &>> 1
    return power * powerOfTwo(half) * powerOfTwo(n &- half)
}

/// e to the power of each lane for lanes that are not positive; below −87.3, where the result would be subnormal, zero.
@inline(__always)
package func exponentialOfNonPositive(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let tiny = x .< -87.3
    let (power, n) = reducedExponential(x.replacing(with: Lanes(repeating: -87.3), where: tiny))
    return (power * powerOfTwo(n)).replacing(with: Lanes.zero, where: tiny)
}

/// eʳ and n of x = n·ln 2 + r.
@inline(__always)
private func reducedExponential(_ x: Lanes) -> (power: Lanes, n: SIMD8<Int32>) {
    // Adding 1.5·2²³ rounds to an integer, which then stands in the low bits.
    let magic = Lanes(repeating: 0x1.8p23)
    let shifted = magic.plus(x, Lanes(repeating: 1.44269504))
    let whole = shifted - magic
    let coarse = x.plus(whole, Lanes(repeating: -0x1.62e4p-1))
    let r = coarse.plus(whole, Lanes(repeating: -0x1.7f7d1cp-20))
    var p = Lanes(repeating: 1.37805939e-3).plus(r, Lanes(repeating: 1.98412698e-4))
    p = Lanes(repeating: 8.37312452e-3).plus(p, r)
    p = Lanes(repeating: 4.16695364e-2).plus(p, r)
    p = Lanes(repeating: 1.66664720e-1).plus(p, r)
    p = Lanes(repeating: 4.99999851e-1).plus(p, r)
    let power = Lanes(repeating: 1) + r.plus(p * r, r)
    let n = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- unsafeBitCast(magic, to: SIMD8<Int32>.self)
    return (power, n)
}

/// 2ⁿ of each lane, for −126 ≤ n ≤ 127.
@inline(__always)
private func powerOfTwo(_ n: SIMD8<Int32>) -> Lanes {
    unsafeBitCast((n &+ 127) &<< 23, to: Lanes.self)
}
