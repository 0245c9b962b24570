import Kernels

/// Least and greatest value of each of eight groups, zero included.
struct EightExtremes {
    let low: SIMD8<Float>
    let high: SIMD8<Float>
}

#if arch(x86_64)
    import _Builtin_intrinsics.intel

    /// Least and greatest value of each of eight groups, zero included, as bit patterns of their 16-bit type.
    ///
    /// As signed integers they order the positive values, as unsigned ones the negative values by magnitude, and what is not
    /// finite stands out at the end.
    struct GroupExtremeBits: ~Copyable {
        /// Eight of each: stores to lanes of a vector would have to wait for each other.
        private let lows = UnsafeMutablePointer<UInt16>.allocate(capacity: 8)
        private let highs = UnsafeMutablePointer<UInt16>.allocate(capacity: 8)

        init() {
            lows.initialize(repeating: 0, count: 8)
            highs.initialize(repeating: 0, count: 8)
        }

        deinit {
            lows.deallocate()
            highs.deallocate()
        }

        /// Finds the extremes of groups of `length` values, a multiple of sixteen.
        func find(_ source: UnsafeRawPointer, _ length: Int, groups: Range<Int>) {
            for group in groups {
                let values = source + 2 * group * length
                var (high, low) = (_mm256_setzero_si256(), _mm256_set1_epi16(.min))
                var offset = 0
                while offset < 2 * length {
                    let bits = values.loadUnaligned(fromByteOffset: offset, as: __m256i.self)
                    high = _mm256_max_epi16(high, bits)
                    low = _mm256_max_epu16(low, bits)
                    offset &+= 32
                }
                (lows[group], highs[group]) = (greatest(low), greatest(high))
            }
        }

        /// The greatest of sixteen unsigned numbers.
        @inline(__always)
        private func greatest(_ values: __m256i) -> UInt16 {
            let eight = _mm_max_epu16(values.lowHalf, values.highHalf)
            let least = _mm_minpos_epu16(_mm_xor_si128(eight, _mm_set1_epi16(-1)))
            return ~UInt16(truncatingIfNeeded: least[0])
        }

        /// The extremes as numbers, nil if one is not finite.
        func values(_ type: FloatType) -> EightExtremes? {
            // Sound because eight are there.
            let low = UnsafeRawPointer(lows).loadUnaligned(as: SIMD8<UInt16>.self)
            let high = UnsafeRawPointer(highs).loadUnaligned(as: SIMD8<UInt16>.self)
            let infinity: UInt16 = if case .float16 = type { 0x7c00 } else { 0x7f80 }
            let largest = _mm_max_epu16(
                unsafeBitCast(low & 0x7fff, to: __m128i.self), unsafeBitCast(high, to: __m128i.self))
            guard greatest(SIMD4(lowHalf: largest, highHalf: largest)) < infinity else { return nil }
            return EightExtremes(low: CodePacker.decode(low, type), high: CodePacker.decode(high, type))
        }
    }
#endif

/// The grids of eight groups.
struct GroupGrids {
    let scales: SIMD8<Float>
    let zeros: SIMD8<UInt8>

    @inline(__always)
    subscript(group: Int) -> UniformGrid { UniformGrid(scale: scales[group], zero: Int32(zeros[group])) }

    /// Finds scales and zero points by the steps of `UniformGrid.init`; nil where a scale is too large for its type.
    ///
    /// The numbers are not negative, so that their bits are ordered as they are.
    init?(_ extremes: EightExtremes, _ geometry: PackQuantizedGeometry, _ scaleType: ScaleType) {
        let top = Float(geometry.top)
        let (magnitude, high) = (bits(extremes.low) & 0x7fff_ffff, bits(extremes.high))
        let span =
            geometry.symmetric
            ? floats(pointwiseMax(magnitude, high)) / (top / 2) : (extremes.high - extremes.low) / top
        let rounded = bits(scaleType.rounded(span))
        guard rounded.max() < Int32(bitPattern: Float.infinity.bitPattern) else { return nil }
        let least = SIMD8(repeating: Int32(bitPattern: scaleType.leastPositive.bitPattern))
        // All bits where both extremes are 0.
        let empty = ((magnitude | high) &- 1) &>> 31
        let one = SIMD8(repeating: Int32(bitPattern: Float(1).bitPattern))
        scales = floats(pointwiseMax(rounded, least) & ~empty | one & empty)
        guard !geometry.symmetric else {
            zeros = SIMD8(repeating: UInt8(truncatingIfNeeded: geometry.symmetricZero))
            return
        }
        // Adding 1.5·2²³ rounds half to even, and leaves the number in the low bits; the quotient is some hundreds.
        let magic = SIMD8<Float>(repeating: 0x1.8p23)
        let quotient = bits(floats(magnitude) / scales + magic) &- bits(magic)
        zeros = SIMD8(truncatingIfNeeded: pointwiseMin(quotient, SIMD8(repeating: geometry.top)))
    }
}

@inline(__always)
private func bits(_ values: SIMD8<Float>) -> SIMD8<Int32> { unsafeBitCast(values, to: SIMD8<Int32>.self) }

@inline(__always)
private func floats(_ bits: SIMD8<Int32>) -> SIMD8<Float> { unsafeBitCast(bits, to: SIMD8<Float>.self) }
