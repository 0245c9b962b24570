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
    /// Adding and taking away 1.5·2²³ rounds a float32 of magnitude below 2²² to a whole number, half to even; the sum's
    /// bits less this constant's are that number.
    private static let roundingConstant: Float = 12_582_912

    static func extremes(_ values: UnsafePointer<Float>, count: Int) -> GroupExtremes {
        var (low, high, poison) = (Lanes.zero, Lanes.zero, Lanes.zero)
        var index = 0
        while index + 8 <= count {
            let value = UnsafeRawPointer(values + index).loadUnaligned(as: Lanes.self)
            low.replace(with: value, where: value .< low)
            high.replace(with: value, where: value .> high)
            // Zero times anything finite is zero; NaN and infinity poison the sum.
            poison.addProduct(value, Lanes.zero)
            index += 8
        }
        var result = GroupExtremes(low: -greatest(-low), high: greatest(high), finite: poison == Lanes.zero)
        while index < count {
            result.low = min(result.low, values[index])
            result.high = max(result.high, values[index])
            result.finite = result.finite && values[index].isFinite
            index += 1
        }
        return result
    }

    /// The greatest of eight lanes; the standard library's `max()` goes through them one by one.
    @inline(__always)
    private static func greatest(_ lanes: Lanes) -> Float {
        let four = lanes.lowHalf.replacing(with: lanes.highHalf, where: lanes.highHalf .> lanes.lowHalf)
        let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
        return max(two.x, two.y)
    }

    /// The nearest codes of `count` values, all within ±2²² steps of zero.
    @inline(__always)
    static func codes(
        _ values: UnsafePointer<Float>, count: Int, grid: UniformGrid, top: Int32,
        into codes: UnsafeMutablePointer<UInt8>
    ) {
        let scale = Lanes(repeating: grid.scale)
        let constant = Lanes(repeating: roundingConstant)
        let shift = SIMD8<Int32>(repeating: Int32(bitPattern: roundingConstant.bitPattern) &- grid.zero)
        let limit = SIMD8<Int32>(repeating: top)
        var index = 0
        while index + 8 <= count {
            let steps = UnsafeRawPointer(values + index).loadUnaligned(as: Lanes.self) / scale
            var code = unsafeBitCast(steps + constant, to: SIMD8<Int32>.self) &- shift
            code.replace(with: SIMD8<Int32>.zero, where: code .< SIMD8<Int32>.zero)
            code.replace(with: limit, where: code .> limit)
            UnsafeMutableRawPointer(codes + index).storeBytes(
                of: SIMD8<UInt8>(truncatingIfNeeded: code), as: SIMD8<UInt8>.self)
            index += 8
        }
        while index < count {
            codes[index] = grid.code(values[index], top: top)
            index += 1
        }
    }
}
