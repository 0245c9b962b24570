/// Eight signs in seven bits: an even number of weights is negative, so the eighth follows from the others.
enum Signs {
    /// The eighth sign on top of the other seven.
    @inline(__always)
    static func complete(_ seven: UInt32) -> UInt32 { seven & 127 | UInt32(seven.masked7 & 1) << 7 }

    /// −1 where bit `index` is set, otherwise 1.
    @inline(__always)
    static func factor(_ signs: UInt32, _ index: Int) -> Float {
        Float(bitPattern: 0x3f80_0000 | (signs >> UInt32(index) & 1) << 31)
    }
}

extension UInt32 {
    /// The number of set bits among the lowest seven.
    fileprivate var masked7: Int { (self & 127).nonzeroBitCount }
}
