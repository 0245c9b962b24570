/// One AVX2 register of float32 values.
typealias Lanes = SIMD8<Float>

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
}

extension Lanes {
    /// `a·b + self`, rounded once.
    @inline(__always)
    func plus(_ a: Lanes, _ b: Lanes) -> Lanes { addingProduct(a, b) }
}
