/// Integer codes of a weight that lie output beside output: one input's codes of neighbouring outputs are near each other.
protocol ColumnCodes: Sendable {
    /// The code of one weight.
    func code(row: Int, column: Int) -> UInt32

    /// The codes of rows `row ..< row + 16` in one column.
    func sixteen(row: Int, column: Int) -> SIMD16<UInt32>
}

/// GPTQ's `qweight`, I32 of inputs·b/32 × outputs: an output's codes are a bit stream that runs down its column of words,
/// first code in the lowest bits; codes of three bits straddle words.
struct InputPackedCodes: ColumnCodes {
    let words: TensorBytes
    let rows: Int
    let bits: Int

    private var mask: UInt32 { 1 << UInt32(bits) - 1 }

    @inline(__always)
    func code(row: Int, column: Int) -> UInt32 {
        let bit = column * bits
        let (offset, shift) = ((bit / 32 * rows + row) * 4, UInt32(bit % 32))
        var value = words.number(UInt32.self, at: offset) &>> shift
        if shift + UInt32(bits) > 32 {
            value |= words.number(UInt32.self, at: offset + rows * 4) &<< (32 - shift)
        }
        return value & mask
    }

    @inline(__always)
    func sixteen(row: Int, column: Int) -> SIMD16<UInt32> {
        let bit = column * bits
        let (offset, shift) = ((bit / 32 * rows + row) * 4, UInt32(bit % 32))
        var value =
            words.number(SIMD16<UInt32>.self, at: offset) &>> SIMD16(repeating: shift)
        if shift + UInt32(bits) > 32 {
            let next = words.number(SIMD16<UInt32>.self, at: offset + rows * 4)
            value |= next &<< SIMD16(repeating: 32 - shift)
        }
        return value & SIMD16(repeating: mask)
    }
}

/// AWQ's `qweight`, I32 of inputs × outputs/8: a word holds eight outputs of one input, four bits each, of which the even
/// ones come first: 0, 2, 4, 6, 1, 3, 5, 7 from the lowest bits up.
struct OutputPackedCodes: ColumnCodes {
    let words: TensorBytes
    let rows: Int

    /// Where in a word each of its eight outputs stands.
    private static let shifts = SIMD8<UInt32>(0, 16, 4, 20, 8, 24, 12, 28)

    @inline(__always)
    func code(row: Int, column: Int) -> UInt32 {
        word(row: row, column: column) &>> Self.shifts[row % 8] & 15
    }

    @inline(__always)
    func sixteen(row: Int, column: Int) -> SIMD16<UInt32> {
        guard row.isMultiple(of: 8) else {
            var codes = SIMD16<UInt32>()
            for lane in 0..<16 { codes[lane] = code(row: row + lane, column: column) }
            return codes
        }
        let low = SIMD8(repeating: word(row: row, column: column)) &>> Self.shifts
        let high = SIMD8(repeating: word(row: row + 8, column: column)) &>> Self.shifts
        return SIMD16(lowHalf: low, highHalf: high) & SIMD16(repeating: 15)
    }

    @inline(__always)
    private func word(row: Int, column: Int) -> UInt32 {
        words.number(UInt32.self, at: (column * (rows / 8) + row / 8) * 4)
    }
}
