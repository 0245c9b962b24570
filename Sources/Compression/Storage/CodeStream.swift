import Checkpoint
import Kernels

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

    /// Packs codes, one a byte, into just the words that they take.
    func pack(_ codes: Span<UInt8>, into destination: inout MutableRawSpan) {
        precondition(destination.byteCount == wordCount(codes.count) * wordType.bitCount / 8, "codes fill their words")
        switch self {
        case .bits(let bits): packBits(codes, bits, into: &destination)
        case .digits(let base, let perWord): packDigits(codes, base, perWord, into: &destination)
        }
    }

    private func packBits(_ codes: Span<UInt8>, _ bits: Int, into destination: inout MutableRawSpan) {
        let byteCount = destination.byteCount
        withScratch(byteCount + 16, of: UInt8(0)) { stream in
            var bytes = stream.mutableBytes
            BitStream.pack(codes, bits: bits, into: &bytes)
            destination.copy(stream.span.bytes.extracting(0..<byteCount))
        }
    }

    private func packDigits(
        _ codes: Span<UInt8>, _ base: UInt64, _ perWord: Int, into destination: inout MutableRawSpan
    ) {
        let divisor = (0..<perWord).reduce(UInt64(1)) { power, _ in power &* base }
        for word in 0..<wordCount(codes.count) {
            var number: UInt64 = 0
            for index in word * perWord..<(word + 1) * perWord {
                number = number &* base &+ (index < codes.count ? UInt64(codes[index]) : 0)
            }
            // ⌊(number·2⁶⁴ + divisor − 1)/divisor⌋; sound because the number is less than the divisor.
            let fraction = divisor.dividingFullWidth((number, divisor - 1)).quotient
            destination.storeBytes(of: fraction, toByteOffset: 8 * word, as: UInt64.self)
        }
    }

    /// Reads the codes of a range, one a byte, out of a row.
    func unpack(_ row: RawSpan, _ range: Range<Int>, into codes: inout MutableSpan<UInt8>) {
        precondition(codes.count == range.count, "there is room for just these codes")
        switch self {
        case .bits(let bits): unpackBits(row, bits, range, &codes)
        case .digits(let base, let perWord): unpackDigits(row, base, perWord, range, &codes)
        }
    }

    private func unpackBits(
        _ row: RawSpan, _ bits: Int, _ range: Range<Int>, _ codes: inout MutableSpan<UInt8>
    ) {
        let mask = UInt64(1) << UInt64(bits) - 1
        var index = range.lowerBound
        while index < range.upperBound {
            let offset = index / 8 * bits
            if index.isMultiple(of: 8), index + 8 <= range.upperBound, offset + 8 <= row.byteCount {
                let eight = row.number(UInt64.self, at: offset)
                for lane in 0..<8 {
                    codes[index - range.lowerBound + lane] = UInt8(
                        truncatingIfNeeded: eight &>> UInt64(lane &* bits) & mask)
                }
                index += 8
            } else {
                codes[index - range.lowerBound] = BitStream.code(index, bits: bits, in: row)
                index += 1
            }
        }
    }

    private func unpackDigits(
        _ row: RawSpan, _ base: UInt64, _ perWord: Int, _ range: Range<Int>, _ codes: inout MutableSpan<UInt8>
    ) {
        var index = range.lowerBound
        while index < range.upperBound {
            var word = row.number(UInt64.self, at: index / perWord * 8)
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
