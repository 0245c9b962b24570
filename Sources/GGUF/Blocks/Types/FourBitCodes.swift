/// 32 codes in blocks of 32: low nibbles hold the first sixteen, high nibbles the others, and bits beyond four a word of their own.
enum FourBitCodes {
    /// Stores the low four bits of 32 codes at an offset, and gives their fifth bits.
    @inline(__always) @discardableResult
    static func store(_ bytes: UnsafeMutablePointer<UInt8>, _ offset: Int, _ code: (Int) -> UInt8) -> UInt32 {
        var fifth: UInt32 = 0
        for index in 0..<16 {
            let (low, high) = (code(index), code(16 + index))
            bytes[offset + index] = low & 15 | high << 4
            fifth |= UInt32(low >> 4 & 1) << UInt32(index) | UInt32(high >> 4 & 1) << UInt32(16 + index)
        }
        return fifth
    }

    /// Calls `store` with each index and its code, the fifth bit from `fifth`.
    @inline(__always)
    static func load(
        _ block: UnsafeRawPointer, _ offset: Int, fifth: UInt32 = 0, _ store: (Int, Float) -> Void
    ) {
        for index in 0..<16 {
            let codes = block.byte(offset + index)
            store(index, Float(UInt32(codes & 15) | (fifth >> UInt32(index) & 1) << 4))
            store(16 + index, Float(UInt32(codes >> 4) | (fifth >> UInt32(16 + index) & 1) << 4))
        }
    }
}
