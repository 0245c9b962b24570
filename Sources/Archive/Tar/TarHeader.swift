/// One 512-byte header block of a tar archive (POSIX.1-1988 ustar, GNU, and the older form without a magic).
///
/// | bytes | what |
/// |---|---|
/// | 0 ..< 100 | name, ended by NUL if shorter |
/// | 124 ..< 136 | size: octal, or base 256 if the first bit is set |
/// | 148 ..< 156 | checksum: sum of all bytes with this field as spaces, octal |
/// | 156 | kind of entry |
/// | 157 ..< 257 | target of a link |
/// | 257 ..< 263 | `ustar` NUL (POSIX) or `ustar` space (GNU) |
/// | 345 ..< 500 | POSIX only: what comes before the name, joined with `/` |
struct TarHeader {
    static let byteCount = 512

    let kind: UInt8
    let size: Int
    /// The prefix and the name as they stand there, bytes of no certain encoding.
    let name: [UInt8]

    /// Reads a block that is not all zeros.
    init(_ block: ArraySlice<UInt8>) throws(TarFault) {
        let block = Array(block)
        guard Self.hasValidChecksum(block) else { throw .badChecksum }
        guard let size = Self.number(block[124..<136]) else { throw .badNumber(field: "size") }
        self.size = size
        kind = block[156]
        let name = Self.text(block[0..<100])
        let isPOSIX = block[257..<263].elementsEqual("ustar\0".utf8)
        let prefix = isPOSIX ? Self.text(block[345..<500]) : []
        self.name = prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    /// What an entry is that we do not unpack, in words; `nil` for files, directories and extended headers.
    var refusedKind: String? {
        switch kind {
        case UInt8(ascii: "1"): "a hard link"
        case UInt8(ascii: "2"): "a symbolic link"
        case UInt8(ascii: "3"): "a character device"
        case UInt8(ascii: "4"): "a block device"
        case UInt8(ascii: "6"): "a named pipe"
        case UInt8(ascii: "S"): "a sparse file"
        case UInt8(ascii: "M"): "the continuation of another volume"
        case 0, UInt8(ascii: "0"), UInt8(ascii: "5"), UInt8(ascii: "7"), UInt8(ascii: "L"), UInt8(ascii: "K"),
            UInt8(ascii: "x"), UInt8(ascii: "g"):
            nil
        default: "of the unknown kind 0x\(String(kind, radix: 16))"
        }
    }

    /// Compares the checksum with the sum of unsigned and, as some old programs wrote it, of signed bytes.
    private static func hasValidChecksum(_ block: [UInt8]) -> Bool {
        guard let stored = number(block[148..<156]) else { return false }
        var unsigned = 8 * 0x20
        var signed = 8 * 0x20
        for (index, byte) in block.enumerated() where !(148..<156).contains(index) {
            unsigned += Int(byte)
            signed += Int(Int8(bitPattern: byte))
        }
        return stored == unsigned || stored == signed
    }

    /// A number from 0 up; `nil` if it is malformed, negative or does not fit.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 { return base256(field) }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        guard field.dropFirst(digits.endIndex - field.startIndex).allSatisfy({ $0 == 0x20 || $0 == 0 }) else {
            return nil
        }
        // Twelve octal digits have 36 bits.
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
            value = value << 3 | Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    /// A big-endian two's complement number whose first bit is set as a mark and whose second one is the sign.
    private static func base256(_ field: ArraySlice<UInt8>) -> Int? {
        guard field.first == 0x80, field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
        let value = field.dropFirst().suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(exactly: value)
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }
}
