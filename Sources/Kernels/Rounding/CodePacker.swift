#if arch(x86_64)
    import CKernels
    import KernelsAVX512
    import _Builtin_intrinsics.intel

    /// Makes the codes of weights of 16 bits, 32 at a time: steps of the grid, zero point, clamping, and the low bits of codes
    /// moved next to each other.
    struct CodePacker {
        /// Codes made at a time.
        static let step = 32
        /// The bytes of a group's codes.
        let groupByteCount: Int
        private let bits: Int
        private let groupLength: Int
        private let type: FloatType
        private let top: __m256i
        /// Factors 1 and 2ᵇ in turn, 1 and 2²ᵇ in turn: they join codes by twos and by fours.
        private let pairs: __m256i
        private let fours: __m256i
        /// Moves the bytes in use next to each other, in each half of a vector.
        private let bytesInUse: __m256i
        /// Bits between two fours of codes of an odd width, which lie in the halves of 64 bits.
        private let gap: Int32
        private let lowGap: __m256i
        /// Makes the codes of groups of whole vectors of 512 bits, where the processor has them.
        private let wide: CodePacker512?

        /// For groups of a multiple of 32 weights.
        init(bits: Int, groupLength: Int, type: FloatType) {
            (self.bits, self.groupLength, self.type) = (bits, groupLength, type)
            groupByteCount = groupLength / 8 * bits
            top = _mm256_set1_epi8(CChar(truncatingIfNeeded: 1 << bits - 1))
            pairs = _mm256_set1_epi16(Int16(truncatingIfNeeded: 1 << (8 + bits) | 1))
            fours = _mm256_set1_epi32(Int32(truncatingIfNeeded: 1 << (16 + 2 * bits) | 1))
            // Fours of codes stand in 32 bits, or eights in 64.
            let (unit, used) = bits % 2 == 0 ? (4, bits / 2) : (8, bits)
            let inUse = (0..<16).filter { $0 % unit < used }.map { Int8($0) }
            var half = SIMD16<Int8>(repeating: -1)
            for (index, byte) in inUse.enumerated() { half[index] = byte }
            bytesInUse = unsafeBitCast(SIMD32(lowHalf: half, highHalf: half), to: __m256i.self)
            gap = Int32(32 - 4 * bits)
            lowGap = _mm256_set1_epi64x(Int64(gap))
            wide =
                Processor.usesAVX512 && groupLength.isMultiple(of: CodePacker512.step)
                ? CodePacker512(
                    bits: bits, groupLength: groupLength, isFloat16: type == .float16, excess: NearestSteps.excess)
                : nil
        }

        /// The nearest codes of some groups of a block as a bit stream; writes up to seven bytes beyond them.
        ///
        /// Weights and codes are those of the whole block.
        func pack(
            _ source: UnsafeRawPointer, _ block: borrowing GroupBlock, groups: Range<Int>,
            into stream: UnsafeMutableRawPointer
        ) {
            if let wide, block.hasUsualScales {
                wide.pack(source, scales: block.scales, zeros: block.zeros, groups: groups, into: stream)
            } else if case .float16 = type {
                pack(source, block, groups, into: stream) { _mm256_cvtph_ps($0) }
            } else {
                pack(source, block, groups, into: stream) { Self.bfloat16($0) }
            }
        }

        /// Values of a 16-bit type.
        @inline(__always)
        static func decode(_ bits: SIMD8<UInt16>, _ type: FloatType) -> SIMD8<Float> {
            let codes = unsafeBitCast(bits, to: __m128i.self)
            if case .float16 = type { return _mm256_cvtph_ps(codes) }
            return bfloat16(codes)
        }

        @inline(__always)
        private static func bfloat16(_ codes: __m128i) -> __m256 {
            unsafeBitCast(_mm256_slli_epi32(_mm256_cvtepu16_epi32(codes), 16), to: __m256.self)
        }

        @inline(__always)
        private func pack(
            _ source: UnsafeRawPointer, _ block: borrowing GroupBlock, _ groups: Range<Int>,
            into stream: UnsafeMutableRawPointer,
            _ decode: (__m128i) -> __m256
        ) {
            // One loop for each way to join codes.
            if bits == 8 {
                pack(source, block, groups, into: stream, decode) { $0 }
            } else if bits % 2 == 0 {
                pack(source, block, groups, into: stream, decode) {
                    _mm256_shuffle_epi8(joinedByFours($0), bytesInUse)
                }
            } else {
                pack(source, block, groups, into: stream, decode) {
                    _mm256_shuffle_epi8(joinedByEights($0), bytesInUse)
                }
            }
        }

        @inline(__always)
        private func pack(
            _ source: UnsafeRawPointer, _ block: borrowing GroupBlock, _ groups: Range<Int>,
            into stream: UnsafeMutableRawPointer,
            _ decode: (__m128i) -> __m256, _ joined: (__m256i) -> __m256i
        ) {
            for group in groups {
                let grid = block.grid(group)
                let (values, codes) = (source + 2 * group * groupLength, stream + group * groupByteCount)
                if NearestSteps.scales.contains(grid.scale) {
                    pack(values, grid, into: codes, decode, joined)
                } else {
                    packByDivision(values, grid, into: codes)
                }
            }
        }

        @inline(__always)
        private func pack(
            _ source: UnsafeRawPointer, _ grid: UniformGrid, into stream: UnsafeMutableRawPointer,
            _ decode: (__m128i) -> __m256, _ joined: (__m256i) -> __m256i
        ) {
            let steps = NearestSteps(grid.scale)
            let zero = _mm256_set1_epi16(Int16(truncatingIfNeeded: grid.zero) - NearestSteps.excess)
            // Packing works on each half of a vector by itself, which leaves fours of codes out of order.
            let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)
            var (source, target) = (source, stream)
            for _ in 0..<groupLength / Self.step {
                prefetch(source + CodePacker512.prefetchDistance)
                let (a, b) = (steps(decode(load(source, 0))), steps(decode(load(source, 1))))
                let (c, d) = (steps(decode(load(source, 2))), steps(decode(load(source, 3))))
                let low = _mm256_add_epi16(_mm256_packs_epi32(a, b), zero)
                let high = _mm256_add_epi16(_mm256_packs_epi32(c, d), zero)
                let codes = _mm256_min_epu8(_mm256_packus_epi16(low, high), top)
                let bytes = joined(_mm256_permutevar8x32_epi32(codes, order))
                store(bytes.lowHalf, target)
                store(bytes.highHalf, target + 2 * bits)
                source += 2 * Self.step
                target += 4 * bits
            }
        }

        /// Stores the 2·bits bytes of sixteen codes, and as few more as one store can: no more than the shortest group has.
        @inline(__always)
        private func store(_ bytes: __m128i, _ target: UnsafeMutableRawPointer) {
            if bits <= 4 {
                target.storeBytes(of: bytes[0], as: Int64.self)
            } else {
                target.storeBytes(of: bytes, as: __m128i.self)
            }
        }

        @inline(__always)
        private func load(_ source: UnsafeRawPointer, _ eight: Int) -> __m128i {
            source.loadUnaligned(fromByteOffset: 16 * eight, as: __m128i.self)
        }

        /// The same for a scale of any size.
        private func packByDivision(
            _ source: UnsafeRawPointer, _ grid: UniformGrid, into stream: UnsafeMutableRawPointer
        ) {
            withUnsafeTemporaryAllocation(of: Float.self, capacity: groupLength) { memory in
                // Sound because a group has values.
                let decoded = memory.baseAddress.unsafelyUnwrapped
                type.decode(source, count: groupLength, into: decoded)
                var codes = MutableRawSpan(_unsafeStart: stream, byteCount: groupByteCount - bits + 8)
                RowRounding.packedCodes(
                    Span(_unsafeStart: decoded, count: groupLength), grid: grid, bits: bits, into: &codes)
            }
        }

        /// Four codes in each 32 bits; bits < 8.
        @inline(__always)
        private func joinedByFours(_ codes: __m256i) -> __m256i {
            _mm256_madd_epi16(_mm256_maddubs_epi16(pairs, codes), fours)
        }

        /// Eight codes in each 64 bits.
        @inline(__always)
        private func joinedByEights(_ codes: __m256i) -> __m256i {
            _mm256_srli_epi64(_mm256_sllv_epi32(joinedByFours(codes), lowGap), gap)
        }
    }
#endif
