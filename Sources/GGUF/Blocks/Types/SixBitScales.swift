/// Eight scales and eight minima of six bits in twelve bytes, as Q4_K and Q5_K lay them.
///
/// Bytes 0..<4 hold scales 0 … 3 and in their upper two bits those of scales 4 … 7; bytes 4..<8 the same for minima; bytes 8..<12
/// the low four bits of scales 4 … 7 and above them of minima 4 … 7.
enum SixBitScales {
    @inline(__always)
    static func scale(_ block: UnsafeRawPointer, _ offset: Int, _ index: Int) -> UInt8 {
        index < 4
            ? block.byte(offset + index) & 63
            : block.byte(offset + index + 4) & 15 | (block.byte(offset + index - 4) >> 6) << 4
    }

    @inline(__always)
    static func minimum(_ block: UnsafeRawPointer, _ offset: Int, _ index: Int) -> UInt8 {
        index < 4
            ? block.byte(offset + index + 4) & 63
            : block.byte(offset + index + 4) >> 4 | (block.byte(offset + index) >> 6) << 4
    }

    /// Stores scales and minima of six bits.
    @inline(__always)
    static func store(
        _ bytes: UnsafeMutablePointer<UInt8>, _ offset: Int, scale: (Int) -> UInt8, minimum: (Int) -> UInt8
    ) {
        for index in 0..<4 {
            let (high, highMinimum) = (scale(index + 4), minimum(index + 4))
            bytes[offset + index] = scale(index) | (high >> 4) << 6
            bytes[offset + index + 4] = minimum(index) | (highMinimum >> 4) << 6
            bytes[offset + index + 8] = high & 15 | highMinimum << 4
        }
    }
}
