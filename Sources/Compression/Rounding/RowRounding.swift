typealias Lanes = SIMD8<Float>

/// Least and greatest value of each group of a row, zero included.
struct GroupExtremes {
    var low: Float = 0
    var high: Float = 0
    /// False if a value is NaN or infinite.
    var finite = true
}

/// Round to nearest of one row that lies decoded in cache: the inner loops.
///
/// All loops go eight values at a time with a scalar rest, so any group length is taken.
enum RowRounding {
    /// Adding and taking away 1.5·2²³ rounds a float32 of magnitude below 2²² to a whole number, half to even; the
    /// sum's bits less this constant's are that number.
    private static let roundingConstant: Float = 12_582_912

    /// Compares bit patterns: as signed integers they order the positive values, as unsigned ones the negative values
    /// by magnitude, and what is not finite stands out at the end.
    ///
    /// That is one instruction each, unlike float comparisons.
    static func extremes(_ values: UnsafePointer<Float>, count: Int) -> GroupExtremes {
        var (high, low) = (SIMD8<Int32>.zero, SIMD8<UInt32>(repeating: signBit))
        var index = 0
        while index + 8 <= count {
            let bits = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<UInt32>.self)
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
        _ values: UnsafePointer<Float>, scale: Lanes, shift: SIMD8<Int32>, limit: SIMD8<Int32>
    ) -> SIMD8<Int32> {
        let steps = UnsafeRawPointer(values).loadUnaligned(as: Lanes.self) / scale
        var code = unsafeBitCast(steps + Lanes(repeating: roundingConstant), to: SIMD8<Int32>.self) &- shift
        code.replace(with: SIMD8<Int32>.zero, where: code .< SIMD8<Int32>.zero)
        code.replace(with: limit, where: code .> limit)
        return code
    }

    @inline(__always)
    private static func shift(_ grid: UniformGrid) -> SIMD8<Int32> {
        SIMD8(repeating: Int32(bitPattern: roundingConstant.bitPattern) &- grid.zero)
    }

    /// The nearest codes of `count` values, one a byte.
    @inline(__always)
    static func codes(
        _ values: UnsafePointer<Float>, count: Int, grid: UniformGrid, top: Int32,
        into codes: UnsafeMutablePointer<UInt8>
    ) {
        let (scale, shift, limit) = (Lanes(repeating: grid.scale), shift(grid), SIMD8<Int32>(repeating: top))
        var index = 0
        while index + 8 <= count {
            let code = self.codes(values + index, scale: scale, shift: shift, limit: limit)
            UnsafeMutableRawPointer(codes + index).storeBytes(
                of: SIMD8<UInt8>(truncatingIfNeeded: code), as: SIMD8<UInt8>.self)
            index += 8
        }
        while index < count {
            codes[index] = grid.code(values[index], top: top)
            index += 1
        }
    }

    /// Σ(w − ŵ)² over `count` values and the weights that their codes stand for: in float32 over 64 values at a time,
    /// in Double from there on.
    static func squaredError(
        _ values: UnsafePointer<Float>, count: Int, grid: UniformGrid, top: Int32
    ) -> Double {
        let (scale, shift, limit) = (Lanes(repeating: grid.scale), shift(grid), SIMD8<Int32>(repeating: top))
        // 2²³ or-ed with a code is the float 2²³ + code.
        let exponent = SIMD8<Int32>(repeating: Int32(bitPattern: Float(0x1p23).bitPattern))
        let zero = Lanes(repeating: 0x1p23 + Float(grid.zero))
        var (sum, index) = (0.0, 0)
        while index + 8 <= count {
            var part = Lanes.zero
            let end = min(index + 64, count / 8 * 8)
            while index < end {
                let code = self.codes(values + index, scale: scale, shift: shift, limit: limit)
                let steps = unsafeBitCast(code | exponent, to: Lanes.self) - zero
                let error = UnsafeRawPointer(values + index).loadUnaligned(as: Lanes.self) - steps * scale
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

    /// The nearest codes of a multiple of eight values as a bit stream; writes up to seven bytes beyond it.
    ///
    /// One copy of the loop for each usual width, in which all shifts are constants.
    @inline(__always)
    static func packedCodes(
        _ values: UnsafePointer<Float>, count: Int, grid: UniformGrid, bits: Int, into stream: UnsafeMutableRawPointer
    ) {
        switch bits {
        case 2: pack(values, count, grid, bits: 2, into: stream)
        case 3: pack(values, count, grid, bits: 3, into: stream)
        case 4: pack(values, count, grid, bits: 4, into: stream)
        case 8: pack(values, count, grid, bits: 8, into: stream)
        default: pack(values, count, grid, bits: bits, into: stream)
        }
    }

    @inline(__always)
    private static func pack(
        _ values: UnsafePointer<Float>, _ count: Int, _ grid: UniformGrid, bits: Int,
        into stream: UnsafeMutableRawPointer
    ) {
        let (scale, shift) = (Lanes(repeating: grid.scale), shift(grid))
        let limit = SIMD8<Int32>(repeating: 1 << Int32(bits) - 1)
        var offset = 0
        for index in Swift.stride(from: 0, to: count, by: 8) {
            let code = codes(values + index, scale: scale, shift: shift, limit: limit)
            let bytes = unsafeBitCast(SIMD8<UInt8>(truncatingIfNeeded: code), to: UInt64.self)
            stream.storeBytes(of: BitStream.squeeze(bytes, bits: bits), toByteOffset: offset, as: UInt64.self)
            offset += bits
        }
    }
}
