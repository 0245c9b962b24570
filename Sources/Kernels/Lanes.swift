#if arch(x86_64)
    import _Builtin_intrinsics.intel
#endif

/// One AVX2 register of float32 values.
typealias Lanes = SIMD8<Float>

extension UnsafePointer<Float> {
    /// Eight consecutive elements from `index`, which need not be aligned.
    @inline(__always)
    func lanes(_ index: Int) -> Lanes {
        // Sound where the caller owns the eight elements from `index`.
        UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self)
    }

    /// The first `count` elements from `index`, fewer than eight, then zeros.
    @inline(__always)
    func partialLanes(_ index: Int, count: Int) -> Lanes {
        var value = Lanes.zero
        // Sound because `count` elements fit in both.
        withUnsafeMutableBytes(of: &value) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: self + index, count: count * 4))
        }
        return value
    }
}

extension UnsafeMutablePointer<Float> {
    /// Eight consecutive elements from `index`, which need not be aligned.
    @inline(__always)
    func lanes(_ index: Int) -> Lanes { UnsafePointer(self).lanes(index) }

    /// The first `count` elements from `index`, fewer than eight, then zeros.
    @inline(__always)
    func partialLanes(_ index: Int, count: Int) -> Lanes { UnsafePointer(self).partialLanes(index, count: count) }

    /// Stores eight consecutive elements from `index`, which need not be aligned.
    @inline(__always)
    func store(_ value: Lanes, _ index: Int) {
        // Sound where the caller owns the eight elements from `index`.
        UnsafeMutableRawPointer(self + index).storeBytes(of: value, as: Lanes.self)
    }

    /// Stores the first `count` lanes from `index` on.
    @inline(__always)
    func storePartial(_ value: Lanes, _ index: Int, count: Int) {
        // Sound because `count` elements fit in both.
        withUnsafeBytes(of: value) {
            UnsafeMutableRawBufferPointer(start: self + index, count: count * 4)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<(count * 4)]))
        }
    }
}

extension Lanes {
    /// `a·b + self`, rounded once.
    ///
    /// The standard library's `addingProduct` works lane by lane, and the optimizer does not always join the lanes again.
    @inline(__always)
    func plus(_ a: Lanes, _ b: Lanes) -> Lanes {
        #if arch(x86_64)
            _mm256_fmadd_ps(a, b, self)
        #else
            addingProduct(a, b)
        #endif
    }

    /// `a·b + c` with a scalar c, rounded once.
    @inline(__always)
    static func fused(_ a: Lanes, _ b: Lanes, _ c: Float) -> Lanes { Lanes(repeating: c).plus(a, b) }

    /// The lanes without their signs.
    @inline(__always)
    var magnitude: Lanes {
        unsafeBitCast(unsafeBitCast(self, to: SIMD8<UInt32>.self) & 0x7fff_ffff, to: Lanes.self)
    }

    /// The larger of each pair of lanes; a NaN in `self` stays.
    @inline(__always)
    func larger(_ other: Lanes) -> Lanes { replacing(with: other, where: other .> self) }

    /// The smaller of each pair of lanes; a NaN in `self` stays.
    @inline(__always)
    func smaller(_ other: Lanes) -> Lanes { replacing(with: other, where: other .< self) }

    /// The value of the polynomial with the given coefficients, that of the highest power first (Horner).
    @inline(__always)
    func polynomial(_ c: (Float, Float, Float, Float, Float)) -> Lanes {
        let high = Lanes.fused(Lanes.fused(Lanes(repeating: c.0), self, c.1), self, c.2)
        return Lanes.fused(Lanes.fused(high, self, c.3), self, c.4)
    }

    /// As above, continuing from the value of the higher powers.
    @inline(__always)
    func polynomial(after high: Lanes, _ c: (Float, Float, Float, Float)) -> Lanes {
        Lanes.fused(Lanes.fused(Lanes.fused(Lanes.fused(high, self, c.0), self, c.1), self, c.2), self, c.3)
    }
}
