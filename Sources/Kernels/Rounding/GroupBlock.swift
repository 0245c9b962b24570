#if arch(x86_64)
    import KernelsAVX512
    import _Builtin_intrinsics.intel

    /// Extremes and grids of groups of 16-bit weights that are rounded together, in memory of the worker who does it.
    ///
    /// Extremes are bit patterns: as signed integers they order the positive values, as unsigned ones the negative
    /// values by magnitude, and what is not finite stands out at the end. All is computed for eight groups at a time.
    struct GroupBlock: ~Copyable {
        private static let capacity = 32

        /// How many groups of `length` weights are taken together, a multiple of eight: such that the first-level cache
        /// holds them, if eight are not too many for it.
        static func groups(length: Int) -> Int { max(8, min(capacity, 8192 / length / 8 * 8)) }

        private let type: FloatType
        /// For each eight groups their greatest values, then their least, zero included.
        private let extremes = UnsafeMutablePointer<UInt16>.allocate(capacity: 2 * capacity)
        let scales = UnsafeMutablePointer<Float>.allocate(capacity: capacity)
        let zeros = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        /// Whether all scales are among `NearestSteps.scales`.
        private(set) var hasUsualScales = true

        init(_ type: FloatType) {
            self.type = type
            extremes.initialize(repeating: 0, count: 2 * Self.capacity)
            scales.initialize(repeating: 1, count: Self.capacity)
            zeros.initialize(repeating: 0, count: Self.capacity)
        }

        deinit {
            extremes.deallocate()
            scales.deallocate()
            zeros.deallocate()
        }

        @inline(__always)
        func grid(_ group: Int) -> UniformGrid { UniformGrid(scale: scales[group], zero: Int32(zeros[group])) }

        /// Finds the extremes of `count` groups of `length` values, a multiple of 32; false if a value is not finite.
        func find(_ source: UnsafeRawPointer, length: Int, count: Int) -> Bool {
            if Processor.usesAVX512 {
                findExtremes512(source, length: length, count: count, into: extremes)
            } else {
                for group in 0..<count {
                    find(source + 2 * group * length, length, into: extremes + group / 8 * 16 + group % 8)
                }
            }
            var greatest = SIMD8<UInt16>.zero
            for first in stride(from: 0, to: count, by: 8) {
                let bits = bits(first)
                greatest = pointwiseMax(greatest, pointwiseMax(bits.low & 0x7fff, bits.high))
            }
            return all(greatest .< (type == .float16 ? 0x7c00 : 0x7f80))
        }

        private func find(_ values: UnsafeRawPointer, _ length: Int, into extremes: UnsafeMutablePointer<UInt16>) {
            var (high, low) = (_mm256_setzero_si256(), _mm256_set1_epi16(.min))
            var offset = 0
            while offset < 2 * length {
                let bits = values.loadUnaligned(fromByteOffset: offset, as: __m256i.self)
                high = _mm256_max_epi16(high, bits)
                low = _mm256_max_epu16(low, bits)
                offset &+= 32
            }
            (extremes[0], extremes[8]) = (greatest(high), greatest(low))
        }

        /// The greatest of sixteen unsigned numbers.
        @inline(__always)
        private func greatest(_ values: __m256i) -> UInt16 {
            let eight = _mm_max_epu16(values.lowHalf, values.highHalf)
            let least = _mm_minpos_epu16(_mm_xor_si128(eight, _mm_set1_epi16(-1)))
            return ~UInt16(truncatingIfNeeded: least[0])
        }

        @inline(__always)
        private func bits(_ first: Int) -> (low: SIMD8<UInt16>, high: SIMD8<UInt16>) {
            // Sound because memory is that of whole eights.
            let eight = UnsafeRawPointer(extremes + 2 * first)
            return (
                eight.loadUnaligned(fromByteOffset: 16, as: SIMD8<UInt16>.self),
                eight.loadUnaligned(as: SIMD8<UInt16>.self)
            )
        }

        /// Least and greatest values of eight groups.
        @inline(__always)
        func values(_ first: Int) -> (low: SIMD8<Float>, high: SIMD8<Float>) {
            let bits = bits(first)
            return (CodePacker.decode(bits.low, type), CodePacker.decode(bits.high, type))
        }

        /// Finds scales and zero points of `count` groups by the steps of `UniformGrid.init`; false where a scale is
        /// too large for its type.
        mutating func makeGrids(_ count: Int, _ form: GridForm) -> Bool {
            var (least, greatest) = (SIMD8<Float>(repeating: 1), SIMD8<Float>(repeating: 1))
            for first in stride(from: 0, to: count, by: 8) {
                let scales = makeEightGrids(first, form)
                (least, greatest) = (_mm256_min_ps(least, scales), _mm256_max_ps(greatest, scales))
            }
            let usual = NearestSteps.scales
            hasUsualScales = all(least .>= usual.lowerBound) && all(greatest .<= usual.upperBound)
            return hasUsualScales || all(greatest .< .infinity)
        }

        /// The same of eight groups; their scales.
        ///
        /// Numbers are not negative, so that their bits are ordered as they are.
        @inline(__always)
        private func makeEightGrids(_ first: Int, _ form: GridForm) -> SIMD8<Float> {
            let values = values(first)
            let top = Float(form.top)
            let (magnitude, high) = (patterns(values.low) & 0x7fff_ffff, patterns(values.high))
            let span =
                form.symmetric
                ? floats(pointwiseMax(magnitude, high)) / (top / 2) : (values.high - values.low) / top
            let least = SIMD8(repeating: Int32(bitPattern: form.scaleType.leastPositive.bitPattern))
            // All bits where both extremes are 0.
            let empty = ((magnitude | high) &- 1) &>> 31
            let one = SIMD8(repeating: Int32(bitPattern: Float(1).bitPattern))
            let scales = floats(pointwiseMax(patterns(form.scaleType.rounded(span)), least) & ~empty | one & empty)
            UnsafeMutableRawPointer(self.scales + first).storeBytes(of: scales, as: SIMD8<Float>.self)
            var zeros = SIMD8(repeating: UInt8(truncatingIfNeeded: form.symmetricZero))
            if !form.symmetric {
                // Adding 1.5·2²³ rounds half to even, and leaves the number in the low bits; the quotient is some hundreds.
                let magic = SIMD8<Float>(repeating: 0x1.8p23)
                let quotient = patterns(floats(magnitude) / scales + magic) &- patterns(magic)
                zeros = SIMD8(truncatingIfNeeded: pointwiseMin(quotient, SIMD8(repeating: form.top)))
            }
            UnsafeMutableRawPointer(self.zeros + first).storeBytes(of: zeros, as: SIMD8<UInt8>.self)
            return scales
        }
    }
#endif

@inline(__always)
private func patterns(_ values: SIMD8<Float>) -> SIMD8<Int32> { unsafeBitCast(values, to: SIMD8<Int32>.self) }

@inline(__always)
private func floats(_ bits: SIMD8<Int32>) -> SIMD8<Float> { unsafeBitCast(bits, to: SIMD8<Float>.self) }
