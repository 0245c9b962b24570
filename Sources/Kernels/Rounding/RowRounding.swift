/// Least and greatest value of each group of a row, zero included.
package struct GroupExtremes {
    package var low: Float = 0
    package var high: Float = 0
    /// False if a value is NaN or infinite.
    package var finite = true
}

/// Round to nearest of one row that lies decoded in cache: the inner loops.
///
/// All loops go eight values at a time with a scalar rest, so any group length is taken.
package enum RowRounding {
    /// Adding and taking away 1.5·2²³ rounds a float32 of magnitude below 2²² to a whole number, half to even; the
    /// sum's bits less this constant's are that number.
    private static let roundingConstant: Float = 12_582_912

    /// Compares bit patterns: as signed integers they order the positive values, as unsigned ones the negative values
    /// by magnitude, and what is not finite stands out at the end.
    ///
    /// That is one instruction each, unlike float comparisons.
    package static func extremes(_ values: Span<Float>) -> GroupExtremes {
        let count = values.count
        var (high, low) = (SIMD8<Int32>.zero, SIMD8<UInt32>(repeating: signBit))
        var index = 0
        while index + 8 <= count {
            let bits = values.bytes.number(SIMD8<UInt32>.self, at: 4 &* index)
            let signed = SIMD8<Int32>(truncatingIfNeeded: bits)
            high.replace(with: signed, where: signed .> high)
            low.replace(with: bits, where: bits .> low)
            index += 8
        }
        var (highest, lowest) = (high.max(), low.max())
        while index < count {
            highest = max(highest, Int32(bitPattern: values[index].bitPattern))
            lowest = max(lowest, values[index].bitPattern)
            index += 1
        }
        return GroupExtremes(
            low: Float(bitPattern: lowest), high: Float(bitPattern: UInt32(bitPattern: highest)),
            finite: highest < infinity && lowest < signBit | UInt32(infinity))
    }

    private static let signBit: UInt32 = 0x8000_0000
    private static let infinity: Int32 = 0x7f80_0000

    /// The nearest codes of eight values within ±2²² steps of zero.
    @inline(__always)
    private static func codes(
        _ values: Lanes, scale: Lanes, shift: SIMD8<Int32>, limit: SIMD8<Int32>
    ) -> SIMD8<Int32> {
        let steps = values / scale
        var code = unsafeBitCast(steps + Lanes(repeating: roundingConstant), to: SIMD8<Int32>.self) &- shift
        code.replace(with: SIMD8<Int32>.zero, where: code .< SIMD8<Int32>.zero)
        code.replace(with: limit, where: code .> limit)
        return code
    }

    @inline(__always)
    private static func shift(_ grid: UniformGrid) -> SIMD8<Int32> {
        SIMD8(repeating: Int32(bitPattern: roundingConstant.bitPattern) &- grid.zero)
    }

    /// The nearest codes of values, one a byte, into as many elements.
    package static func codes(
        _ values: Span<Float>, grid: UniformGrid, top: Int32, into codes: inout MutableSpan<UInt8>
    ) {
        precondition(codes.count == values.count, "there is room for just these codes")
        let count = values.count
        let (scale, shift, limit) = (Lanes(repeating: grid.scale), shift(grid), SIMD8<Int32>(repeating: top))
        var index = 0
        while index + 8 <= count {
            let code = self.codes(values.lanes(index), scale: scale, shift: shift, limit: limit)
            codes.store(SIMD8<UInt8>(truncatingIfNeeded: code), at: index)
            index += 8
        }
        while index < count {
            codes[index] = grid.code(values[index], top: top)
            index += 1
        }
    }

    /// Σ(w − ŵ)² over values and the weights that their codes stand for: in float32 over 64 values at a time,
    /// in Double from there on.
    package static func squaredError(_ values: Span<Float>, grid: UniformGrid, top: Int32) -> Double {
        let count = values.count
        let (scale, shift, limit) = (Lanes(repeating: grid.scale), shift(grid), SIMD8<Int32>(repeating: top))
        // 2²³ or-ed with a code is the float 2²³ + code.
        let exponent = SIMD8<Int32>(repeating: Int32(bitPattern: Float(0x1p23).bitPattern))
        let zero = Lanes(repeating: 0x1p23 + Float(grid.zero))
        var (sum, index) = (0.0, 0)
        while index + 8 <= count {
            var part = Lanes.zero
            let end = min(index + 64, count / 8 * 8)
            while index < end {
                let code = self.codes(values.lanes(index), scale: scale, shift: shift, limit: limit)
                let steps = unsafeBitCast(code | exponent, to: Lanes.self) - zero
                let error = values.lanes(index) - steps * scale
                part += error * error
                index += 8
            }
            sum += Double(part.sum())
        }
        while index < count {
            let error = Double(values[index]) - Double(grid.value(grid.code(values[index], top: top)))
            sum += error * error
            index += 1
        }
        return sum
    }

    /// The nearest codes of a multiple of eight values as a bit stream, which has room for up to seven bytes more.
    ///
    /// One copy of the loop for each usual width, in which all shifts are constants.
    package static func packedCodes(
        _ values: Span<Float>, grid: UniformGrid, bits: Int, into stream: inout MutableRawSpan
    ) {
        switch bits {
        case 2: pack(values, grid, bits: 2, into: &stream)
        case 3: pack(values, grid, bits: 3, into: &stream)
        case 4: pack(values, grid, bits: 4, into: &stream)
        case 8: pack(values, grid, bits: 8, into: &stream)
        default: pack(values, grid, bits: bits, into: &stream)
        }
    }

    @inline(__always)
    private static func pack(_ values: Span<Float>, _ grid: UniformGrid, bits: Int, into stream: inout MutableRawSpan) {
        let (scale, shift) = (Lanes(repeating: grid.scale), shift(grid))
        let limit = SIMD8<Int32>(repeating: 1 << Int32(bits) - 1)
        var offset = 0
        for index in Swift.stride(from: 0, to: values.count, by: 8) {
            let code = codes(values.lanes(index), scale: scale, shift: shift, limit: limit)
            let bytes = unsafeBitCast(SIMD8<UInt8>(truncatingIfNeeded: code), to: UInt64.self)
            stream.storeBytes(of: BitStream.squeeze(bytes, bits: bits), toByteOffset: offset, as: UInt64.self)
            offset += bits
        }
    }
}
