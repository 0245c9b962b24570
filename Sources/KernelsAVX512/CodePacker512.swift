#if arch(x86_64)
    import CKernels
    import _Builtin_intrinsics.intel

    /// Makes the codes of weights of 16 bits as `Kernels.CodePacker` does, 64 at a time, with the same bits.
    ///
    /// Used only where processor and operating system have AVX-512F and AVX-512BW.
    package struct CodePacker512: Sendable {
        /// Codes made at a time.
        package static let step = 64
        /// Bytes from weights that are read now to those that are asked for: memory answers while codes are made.
        ///
        /// More than a block, whose weights are all read once before the first of its codes is made.
        package static let prefetchDistance = 12288

        private let bits: Int
        private let groupLength: Int
        private let isFloat16: Bool
        private let excess: Int16
        private let top: __m512i
        /// Factors 1 and 2ᵇ in turn, 1 and 2²ᵇ in turn: they join codes by twos and by fours.
        private let pairs: __m512i
        private let fours: __m512i
        /// Fours of codes in the order of their weights: packing works on each quarter of a vector by itself.
        private let order: __m512i
        /// Moves the bytes in use next to each other, in each quarter of a vector and then in all of it.
        private let bytesInUse: __m512i
        private let wordsInUse: __m512i
        private let stored: __mmask64
        /// Bits between two fours of codes of an odd width, which lie in the halves of 64 bits.
        private let gap: UInt32
        private let lowGap: __m512i

        /// For codes of 2 to 8 bits of groups of a multiple of 64 weights, float16 or bfloat16.
        ///
        /// `excess` is as in `Kernels.NearestSteps`, which says for which scales this divides exactly.
        package init(bits: Int, groupLength: Int, isFloat16: Bool, excess: Int16) {
            (self.bits, self.groupLength, self.isFloat16, self.excess) = (bits, groupLength, isFloat16, excess)
            top = _mm512_set1_epi8(CChar(truncatingIfNeeded: 1 << bits - 1))
            pairs = _mm512_set1_epi16(Int16(truncatingIfNeeded: 1 << (8 + bits) | 1))
            fours = _mm512_set1_epi32(Int32(truncatingIfNeeded: 1 << (16 + 2 * bits) | 1))
            let fourths = SIMD16<Int32>(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)
            order = unsafeBitCast(fourths, to: __m512i.self)
            // Fours of codes stand in 32 bits, or eights in 64: a quarter, sixteen codes, holds 2·bits bytes.
            let (unit, used) = bits % 2 == 0 ? (4, bits / 2) : (8, bits)
            let inUse = (0..<16).filter { $0 % unit < used }
            var bytes = SIMD64<Int8>(repeating: -1)
            var words = SIMD32<Int16>(repeating: 0)
            for quarter in 0..<4 {
                for (index, byte) in inUse.enumerated() { bytes[16 * quarter + index] = Int8(byte) }
                for word in 0..<bits { words[quarter * bits + word] = Int16(8 * quarter + word) }
            }
            bytesInUse = unsafeBitCast(bytes, to: __m512i.self)
            wordsInUse = unsafeBitCast(words, to: __m512i.self)
            gap = UInt32(32 - 4 * bits)
            lowGap = _mm512_set1_epi64(Int64(gap))
            stored = __mmask64(truncatingIfNeeded: UInt64.max >> UInt64(64 - 8 * bits))
        }

        /// The codes clamp(round(w/scale) + zero, 0, 2ᵇ − 1) of some groups as a bit stream.
        ///
        /// Weights, scales, zero points and codes begin with those of group 0.
        package func pack(
            _ source: UnsafeRawPointer, scales: UnsafePointer<Float>, zeros: UnsafePointer<UInt8>, groups: Range<Int>,
            into stream: UnsafeMutableRawPointer
        ) {
            let groups = Groups(source: source, scales: scales, zeros: zeros, range: groups)
            if isFloat16 {
                pack(groups, into: stream) { _mm512_cvtph_ps($0) }
            } else {
                pack(groups, into: stream) {
                    unsafeBitCast(_mm512_slli_epi32(_mm512_cvtepu16_epi32($0), 16), to: __m512.self)
                }
            }
        }

        private struct Groups {
            let source: UnsafeRawPointer
            let scales: UnsafePointer<Float>
            let zeros: UnsafePointer<UInt8>
            let range: Range<Int>
        }

        @inline(__always)
        private func pack(_ groups: Groups, into stream: UnsafeMutableRawPointer, _ decode: (__m256i) -> __m512) {
            // One loop for each way to join codes.
            if bits == 8 {
                pack(groups, into: stream, decode) { $0 }
            } else if bits % 2 == 0 {
                pack(groups, into: stream, decode) { movedTogether(joinedByFours($0)) }
            } else {
                pack(groups, into: stream, decode) { movedTogether(joinedByEights($0)) }
            }
        }

        @inline(__always)
        private func pack(
            _ groups: Groups, into stream: UnsafeMutableRawPointer, _ decode: (__m256i) -> __m512,
            _ joined: (__m512i) -> __m512i
        ) {
            let addend = _mm512_set1_ps(Float(excess))
            var source = groups.source + 2 &* groupLength &* groups.range.lowerBound
            var target = stream + groupLength / 8 &* bits &* groups.range.lowerBound
            for group in groups.range {
                let reciprocal = _mm512_set1_ps(1 / groups.scales[group])
                let zero = _mm512_set1_epi16(Int16(groups.zeros[group]) &- excess)
                func steps(_ source: UnsafeRawPointer, _ sixteen: Int) -> __m512i {
                    let values = decode(source.loadUnaligned(fromByteOffset: 32 * sixteen, as: __m256i.self))
                    return _mm512_cvtps_epi32(_mm512_fmadd_ps(values, reciprocal, addend))
                }
                let end = source + 2 &* groupLength
                while source < end {
                    prefetch(source + Self.prefetchDistance)
                    prefetch(source + Self.prefetchDistance + 64)
                    let low = _mm512_add_epi16(_mm512_packs_epi32(steps(source, 0), steps(source, 1)), zero)
                    let high = _mm512_add_epi16(_mm512_packs_epi32(steps(source, 2), steps(source, 3)), zero)
                    let codes = _mm512_min_epu8(_mm512_packus_epi16(low, high), top)
                    _mm512_mask_storeu_epi8(target, stored, joined(_mm512_permutexvar_epi32(order, codes)))
                    source += 2 * Self.step
                    target += 8 &* bits
                }
            }
        }

        /// Four codes in each 32 bits; bits < 8.
        @inline(__always)
        private func joinedByFours(_ codes: __m512i) -> __m512i {
            _mm512_madd_epi16(_mm512_maddubs_epi16(pairs, codes), fours)
        }

        /// Eight codes in each 64 bits.
        @inline(__always)
        private func joinedByEights(_ codes: __m512i) -> __m512i {
            _mm512_srli_epi64(_mm512_sllv_epi32(joinedByFours(codes), lowGap), gap)
        }

        @inline(__always)
        private func movedTogether(_ bytes: __m512i) -> __m512i {
            _mm512_permutexvar_epi16(wordsInUse, _mm512_shuffle_epi8(bytes, bytesInUse))
        }
    }
#endif
