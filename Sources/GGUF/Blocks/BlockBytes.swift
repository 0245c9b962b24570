extension UnsafeRawPointer {
    /// The byte at an offset.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }

    /// The signed byte at an offset.
    @inline(__always)
    func signedByte(_ offset: Int) -> Int8 { load(fromByteOffset: offset, as: Int8.self) }

    /// The little-endian word of two bytes at an offset.
    @inline(__always)
    func word16(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The little-endian word of four bytes at an offset.
    @inline(__always)
    func word32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The half-precision number at an offset.
    @inline(__always)
    func half(_ offset: Int) -> Float { Float(Float16(bitPattern: word16(offset))) }
}

extension UnsafeMutablePointer<UInt8> {
    /// Stores a little-endian word of two bytes.
    @inline(__always)
    func store(_ word: UInt16, _ offset: Int) {
        UnsafeMutableRawPointer(self).storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Stores a little-endian word of four bytes.
    @inline(__always)
    func store(_ word: UInt32, _ offset: Int) {
        UnsafeMutableRawPointer(self).storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Stores a number rounded to half precision, ties to even, and gives what is stored.
    @inline(__always) @discardableResult
    func store(half value: Float, _ offset: Int) -> Float {
        let half = Float16(value)
        store(half.bitPattern, offset)
        return Float(half)
    }
}
