/// Codes of 1 to 8 bits one after the other: code `i` of width b occupies bits b·i ..< b·(i+1) of a little-endian stream.
///
/// This is the dense layout of compressed-tensors' `pack_to_int32` (codes may straddle words; every row starts a new
/// 32-bit word). Earlier versions of that package let no code straddle a word; the two differ at 3, 5, 6 and 7 bits, and
/// readers of that layout take both.
package enum BitStream {
    /// The 32-bit words that `count` codes take.
    package static func wordCount(codes count: Int, bits: Int) -> Int { (count * bits + 31) / 32 }

    /// Packs codes, one a byte, into whole words; `destination` has room for eight bytes more.
    package static func pack(_ codes: Span<UInt8>, bits: Int, into destination: inout MutableRawSpan) {
        let count = codes.count
        var offset = 0
        var index = 0
        while index + 8 <= count {
            let eight = codes.bytes.number(UInt64.self, at: index)
            destination.storeBytes(of: squeeze(eight, bits: bits), toByteOffset: offset, as: UInt64.self)
            index += 8
            offset += bits
        }
        var last: UInt64 = 0
        for lane in 0..<count - index { last |= UInt64(codes[index + lane]) << UInt64(8 * lane) }
        destination.storeBytes(of: squeeze(last, bits: bits), toByteOffset: offset, as: UInt64.self)
    }

    /// Moves the low `bits` bits of eight bytes next to each other, by pairs, fours and eights.
    @inline(__always)
    static func squeeze(_ eight: UInt64, bits: Int) -> UInt64 {
        let gap = UInt64(8 - bits)
        var value = eight
        value = value & 0x00ff_00ff_00ff_00ff | (value & 0xff00_ff00_ff00_ff00) &>> gap
        value = value & 0x0000_ffff_0000_ffff | (value & 0xffff_0000_ffff_0000) &>> (2 * gap)
        return value & 0x0000_0000_ffff_ffff | (value & 0xffff_ffff_0000_0000) &>> (4 * gap)
    }

    /// The code at `index` of a stream.
    @inlinable
    @inline(__always)
    package static func code(_ index: Int, bits: Int, in stream: RawSpan) -> UInt8 {
        let bit = index * bits
        let byte = bit / 8
        var value = UInt16(stream.number(UInt8.self, at: byte))
        if byte + 1 < stream.byteCount { value |= UInt16(stream.number(UInt8.self, at: byte + 1)) << 8 }
        return UInt8(truncatingIfNeeded: value &>> UInt16(bit % 8)) & UInt8(truncatingIfNeeded: (1 << bits) - 1)
    }
}
