// Public only to this module's own inlinable functions.
public import CKernels

/// Sixteen float32 values: one register of AVX-512, two of AVX2, four of NEON.
///
/// Code that calls the inlined functions of this module gets them compiled for its own registers. Every lane goes the same
/// way whatever their width, so results have the same bits.
///
/// Every function of vectors is `@_transparent`: `@inline(__always)` is not kept where much is inlined, and a call that is left
/// would pass vectors in registers that modules compiled for different ones do not agree on.
@usableFromInline package typealias Floats = SIMD16<Float>

extension UnsafePointer<Float> {
    /// Sixteen consecutive elements from `index`, which need not be aligned.
    @inlinable @_transparent
    package func floats(_ index: Int) -> Floats {
        // Sound where the caller owns the sixteen elements from `index`.
        UnsafeRawPointer(self + index).loadUnaligned(as: Floats.self)
    }

    /// The first `count` elements from `index`, fewer than sixteen, then zeros.
    @inlinable @_transparent
    package func partialFloats(_ index: Int, count: Int) -> Floats {
        var value = Floats.zero
        // Sound because `count` elements fit in both.
        withUnsafeMutableBytes(of: &value) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: self + index, count: count * 4))
        }
        return value
    }

    /// The largest of each sixteenth element of `count`, a multiple of sixteen; NaN counts for nothing.
    @inlinable @_transparent
    func largest(count: Int) -> Floats {
        // Two vectors, because a maximum waits for the one before it.
        var (even, odd) = (Floats(repeating: -.infinity), Floats(repeating: -.infinity))
        var index = 0
        while index &+ 32 <= count {
            even = even.larger(floats(index))
            odd = odd.larger(floats(index &+ 16))
            index &+= 32
        }
        if index < count { even = even.larger(floats(index)) }
        return even.larger(odd)
    }
}

extension UnsafeMutablePointer<Float> {
    /// Sixteen consecutive elements from `index`, which need not be aligned.
    @inlinable @_transparent
    package func floats(_ index: Int) -> Floats { UnsafePointer(self).floats(index) }

    /// Stores sixteen consecutive elements from `index`, which need not be aligned.
    @inlinable @_transparent
    package func store(_ value: Floats, _ index: Int) {
        // Sound where the caller owns the sixteen elements from `index`.
        UnsafeMutableRawPointer(self + index).storeBytes(of: value, as: Floats.self)
    }

    /// Stores the first `count` lanes from `index` on.
    @inlinable @_transparent
    package func storePartial(_ value: Floats, _ index: Int, count: Int) {
        // Sound because `count` elements fit in both.
        withUnsafeBytes(of: value) {
            UnsafeMutableRawBufferPointer(start: self + index, count: count * 4)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<(count * 4)]))
        }
    }
}

extension Floats {
    /// `a·b + self`, rounded once.
    @inlinable @_transparent
    package func plus(_ a: Floats, _ b: Floats) -> Floats { fused_multiply_add(a, b, self) }

    /// `a·b + c` with a scalar c, rounded once.
    @inlinable @_transparent
    static func fused(_ a: Floats, _ b: Floats, _ c: Float) -> Floats { Floats(repeating: c).plus(a, b) }

    /// The lanes without their signs.
    @inlinable @_transparent
    var magnitude: Floats {
        unsafeBitCast(unsafeBitCast(self, to: SIMD16<UInt32>.self) & 0x7fff_ffff, to: Floats.self)
    }

    /// The larger of each pair of lanes; a NaN in `self` stays.
    @inlinable @_transparent
    package func larger(_ other: Floats) -> Floats { replacing(with: other, where: other .> self) }

    /// The smaller of each pair of lanes; a NaN in `self` stays.
    @inlinable @_transparent
    func smaller(_ other: Floats) -> Floats { replacing(with: other, where: other .< self) }

    /// The largest lane, where none is NaN.
    @inlinable @_transparent
    var largestLane: Float { largest_of_lanes(self) }

    /// The sum of the lanes, half plus half.
    @inlinable @_transparent
    var total: Double { sum_of_lanes(self) }

    /// The value of the polynomial with the given coefficients, that of the highest power first (Horner).
    @inlinable @_transparent
    func polynomial(_ c: (Float, Float, Float, Float, Float)) -> Floats {
        let high = Floats.fused(Floats.fused(Floats(repeating: c.0), self, c.1), self, c.2)
        return Floats.fused(Floats.fused(high, self, c.3), self, c.4)
    }

    /// As above, continuing from the value of the higher powers.
    @inlinable @_transparent
    func polynomial(after high: Floats, _ c: (Float, Float, Float, Float)) -> Floats {
        Floats.fused(Floats.fused(Floats.fused(Floats.fused(high, self, c.0), self, c.1), self, c.2), self, c.3)
    }
}
