#if arch(x86_64)
    import _Builtin_intrinsics.intel
#endif

/// One AVX2 register of float32 values.
@usableFromInline package typealias Lanes = SIMD8<Float>

extension UnsafePointer<Float> {
    /// Eight consecutive elements from `index`, which need not be aligned.
    @inline(__always)
    func lanes(_ index: Int) -> Lanes {
        // Sound where the caller owns the eight elements from `index`.
        UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self)
    }
}

extension UnsafeMutablePointer<Float> {
    /// Eight consecutive elements from `index`, which need not be aligned.
    @inline(__always)
    func lanes(_ index: Int) -> Lanes { UnsafePointer(self).lanes(index) }

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
}
