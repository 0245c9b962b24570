/// Eight float32 values, one for each of eight sub-blocks that are searched side by side.
///
/// Each lane does what a search alone would do, in its order: sums have the same bits as ggml's loops over one sub-block.
typealias Lanes = SIMD8<Float>

extension SIMD8<Float> {
    /// 1.5 · 2^23: a sum with it has its unit in the last place at 1.
    @inline(__always)
    static var integerShift: Self { Self(repeating: 12_582_912) }

    /// The nearest integers within bounds, ties to even; what is no number or too large wraps as ggml's `nearest_int` does.
    @inline(__always)
    func nearest(_ low: Int32, _ high: Int32) -> Self {
        unsafeBitCast(shifted(low, high) | 0x4b00_0000, to: Self.self) - .integerShift
    }

    /// The same as integers.
    @inline(__always)
    func nearestIntegers(_ low: Int32, _ high: Int32) -> SIMD8<Int32> { shifted(low, high) &- 0x0040_0000 }

    /// The nearest integers within bounds, plus 2²².
    @inline(__always)
    private func shifted(_ low: Int32, _ high: Int32) -> SIMD8<Int32> {
        let bits = unsafeBitCast(self + .integerShift, to: SIMD8<Int32>.self) & 0x007f_ffff
        return bits.smaller(0x0040_0000 &+ high).larger(0x0040_0000 &+ low)
    }

    /// The nearest integers that are at most `high`.
    @inline(__always)
    func nearest(atMost high: Int32) -> Self { nearest(-0x0040_0000, high) }

    /// Integers below 2²² modulo 256, as a byte keeps them.
    @inline(__always)
    var asBytes: Self {
        let bits = unsafeBitCast(self + .integerShift, to: SIMD8<Int32>.self) & 0xff
        return unsafeBitCast(bits | 0x4b00_0000, to: Self.self) - Self(repeating: 8_388_608)
    }

    @inline(__always)
    var magnitudes: Self {
        unsafeBitCast(unsafeBitCast(self, to: SIMD8<Int32>.self) & 0x7fff_ffff, to: Self.self)
    }

    /// The square roots.
    @inline(__always)
    var roots: Self {
        var roots = self
        for lane in 0..<8 { roots[lane] = self[lane].squareRoot() }
        return roots
    }

    /// Zero where the mask is set.
    @inline(__always)
    func zeroed(_ mask: SIMDMask<SIMD8<Int32>>) -> Self { replacing(with: 0, where: mask) }

    /// Takes the other's lanes where the mask is set.
    @inline(__always)
    mutating func take(_ other: Self, _ mask: SIMDMask<SIMD8<Int32>>) { replace(with: other, where: mask) }
}

extension SIMD8<Int32> {
    @inline(__always)
    func smaller(_ bound: Int32) -> Self {
        let bounds = Self(repeating: bound)
        return replacing(with: bounds, where: self .> bounds)
    }

    @inline(__always)
    func larger(_ bound: Int32) -> Self {
        let bounds = Self(repeating: bound)
        return replacing(with: bounds, where: self .< bounds)
    }
}

extension Float {
    /// The nearest integer, ties to even; what is no number or too large wraps as ggml's `nearest_int` does.
    @inline(__always)
    var nearest: Int32 { Int32(bitPattern: (self + 12_582_912).bitPattern & 0x007f_ffff) - 0x0040_0000 }
}
