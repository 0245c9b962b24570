/// 256 codes of two bits as the K types lay them: byte l of each half holds weights l, l + 32, l + 64 and l + 96.
enum TwoBitCodes {
    @inline(__always)
    static func store(_ bytes: UnsafeMutablePointer<UInt8>, _ offset: Int, _ code: (Int) -> UInt8) {
        for byte in 0..<64 {
            let first = byte / 32 * 128 + byte % 32
            bytes[offset + byte] =
                code(first) & 3 | (code(first + 32) & 3) << 2 | (code(first + 64) & 3) << 4 | code(first + 96) << 6
        }
    }

    /// The code of weight `index`.
    @inline(__always)
    static func load(_ block: UnsafeRawPointer, _ offset: Int, _ index: Int) -> UInt8 {
        block.byte(offset + index / 128 * 32 + index % 32) >> UInt8(index % 128 / 32 * 2) & 3
    }

    /// Bit plane of one bit a weight: bit i / 32 of byte i mod 32.
    @inline(__always)
    static func storeBits(_ bytes: UnsafeMutablePointer<UInt8>, _ offset: Int, _ bit: (Int) -> UInt8) {
        for byte in 0..<32 {
            var plane: UInt8 = 0
            for row in 0..<8 { plane |= bit(row * 32 + byte) << UInt8(row) }
            bytes[offset + byte] = plane
        }
    }

    /// The bit of weight `index` in a plane.
    @inline(__always)
    static func loadBit(_ block: UnsafeRawPointer, _ offset: Int, _ index: Int) -> UInt8 {
        block.byte(offset + index % 32) >> UInt8(index / 32) & 1
    }
}
