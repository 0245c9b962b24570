import Checkpoint

/// How codes below a number of levels from 2 to 256 lie one after the other; every row starts a new word.
///
/// A power of two of levels takes a whole number of bits a code: a `BitStream` in words of 32 bits. Others are digits
/// of a number in that base, as many as fit into 64 bits, so that three levels take 1.6 bits and not 2: the word is
/// ⌈v·2⁶⁴/baseⁿ⌉ for the number v of n digits, of which the first weighs most. Multiplying by the base then moves the
/// first digit into the upper half of the product and leaves the same of the rest: no division is needed to read.
enum CodeStream: Sendable, Equatable {
    case bits(Int)
    case digits(base: UInt64, perWord: Int)

    init(levels: Int) {
        precondition((2...256).contains(levels), "a code is a byte at most")
        guard levels & (levels - 1) != 0 else {
            self = .bits(levels.trailingZeroBitCount)
            return
        }
        var (power, digits) = (UInt64(1), 0)
        while power <= UInt64.max / UInt64(levels) { (power, digits) = (power * UInt64(levels), digits + 1) }
        self = .digits(base: UInt64(levels), perWord: digits)
    }

    /// The words that so many codes take.
    func wordCount(_ codes: Int) -> Int {
        switch self {
        case .bits(let bits): BitStream.wordCount(codes: codes, bits: bits)
        case .digits(_, let perWord): (codes + perWord - 1) / perWord
        }
    }

    var wordType: ElementType { if case .bits = self { .int32 } else { .int64 } }

    /// Packs codes, one a byte, into whole words at `destination`.
    func pack(_ codes: UnsafePointer<UInt8>, count: Int, into destination: UnsafeMutableRawPointer) {
        switch self {
        case .bits(let bits):
            let byteCount = wordCount(count) * 4
            withUnsafeTemporaryAllocation(byteCount: byteCount + 16, alignment: 8) { stream in
                guard let base = stream.baseAddress else { return }
                stream.initializeMemory(as: UInt8.self, repeating: 0)
                BitStream.pack(codes, count: count, bits: bits, into: base)
                destination.copyMemory(from: base, byteCount: byteCount)
            }
        case .digits(let base, let perWord):
            let divisor = (0..<perWord).reduce(UInt64(1)) { power, _ in power &* base }
            for word in 0..<wordCount(count) {
                let number = (word * perWord..<(word + 1) * perWord).reduce(UInt64(0)) { number, index in
                    number &* base &+ (index < count ? UInt64(codes[index]) : 0)
                }
                // ⌊(number·2⁶⁴ + divisor − 1)/divisor⌋; sound because the number is less than the divisor.
                let fraction = divisor.dividingFullWidth((number, divisor - 1)).quotient
                destination.storeBytes(of: fraction, toByteOffset: 8 * word, as: UInt64.self)
            }
        }
    }

    /// Reads the codes of a range, one a byte, out of a row of `byteCount` bytes.
    func unpack(
        _ row: UnsafeRawPointer, byteCount: Int, _ range: Range<Int>, into codes: UnsafeMutablePointer<UInt8>
    ) {
        switch self {
        case .bits(let bits): unpackBits(row, byteCount, bits, range, codes)
        case .digits(let base, let perWord): unpackDigits(row, base, perWord, range, codes)
        }
    }

    private func unpackBits(
        _ row: UnsafeRawPointer, _ byteCount: Int, _ bits: Int, _ range: Range<Int>,
        _ codes: UnsafeMutablePointer<UInt8>
    ) {
        let mask = UInt64(1) << UInt64(bits) - 1
        var index = range.lowerBound
        while index < range.upperBound {
            let offset = index / 8 * bits
            if index.isMultiple(of: 8), index + 8 <= range.upperBound, offset + 8 <= byteCount {
                let eight = row.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                for lane in 0..<8 {
                    codes[index - range.lowerBound + lane] = UInt8(
                        truncatingIfNeeded: eight &>> UInt64(lane &* bits) & mask)
                }
                index += 8
            } else {
                codes[index - range.lowerBound] = BitStream.code(index, bits: bits, in: row, byteCount: byteCount)
                index += 1
            }
        }
    }

    private func unpackDigits(
        _ row: UnsafeRawPointer, _ base: UInt64, _ perWord: Int, _ range: Range<Int>,
        _ codes: UnsafeMutablePointer<UInt8>
    ) {
        var index = range.lowerBound
        while index < range.upperBound {
            var word = row.loadUnaligned(fromByteOffset: index / perWord * 8, as: UInt64.self)
            for _ in 0..<index % perWord { word = word &* base }
            for _ in index..<min((index / perWord + 1) * perWord, range.upperBound) {
                let (digit, rest) = word.multipliedFullWidth(by: base)
                codes[index - range.lowerBound] = UInt8(truncatingIfNeeded: digit)
                word = rest
                index += 1
            }
        }
    }
}
