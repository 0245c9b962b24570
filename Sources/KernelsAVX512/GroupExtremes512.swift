#if arch(x86_64)
    import _Builtin_intrinsics.intel

    /// Finds the greatest and the least of each of `count` groups of `length` weights of 16 bits, a multiple of 32, zero included,
    /// as `Kernels.GroupBlock` says: for each eight groups their greatest, then their least.
    ///
    /// Eight groups are folded together, so that each fold goes on with whole vectors. Called only where processor and operating
    /// system have AVX-512F and AVX-512BW.
    package func findExtremes512(
        _ source: UnsafeRawPointer, length: Int, count: Int, into extremes: UnsafeMutablePointer<UInt16>
    ) {
        let folds = Folds()
        var (first, values) = (0, source)
        while first < count {
            // The first group stands in for those that are missing.
            let (missing, step) = (first &+ 8 - count, 2 &* length)
            func group(_ index: Int) -> __m512i {
                folds.ofGroup(index < 8 &- missing ? values + index &* step : values, step)
            }
            func two(_ index: Int) -> __m512i { folds.ofTwo(group(index), group(index + 1)) }
            func four(_ index: Int) -> __m512i { folds.ofFour(two(index), two(index + 2)) }
            let eight = folds.ofEight(four(0), four(4))
            UnsafeMutableRawPointer(extremes + 2 &* first).storeBytes(of: eight, as: __m256i.self)
            first &+= 8
            values += 8 &* step
        }
    }

    /// Which parts of two vectors are compared.
    private struct Folds {
        private let halves = Fold(SIMD8(0, 1, 2, 3, 8, 9, 10, 11), SIMD8(4, 5, 6, 7, 12, 13, 14, 15))
        private let quarters = Fold(SIMD8(0, 1, 4, 5, 8, 9, 12, 13), SIMD8(2, 3, 6, 7, 10, 11, 14, 15))
        private let eighths = Fold(SIMD8(0, 8, 2, 10, 4, 12, 6, 14), SIMD8(1, 9, 3, 11, 5, 13, 7, 15))
        /// Halves of 64 bits next to each other, first and second.
        private let firsts: __m512i
        private let seconds: __m512i
        private let order: __m512i

        @inline(__always)
        init() {
            let firsts = SIMD16<Int32>(0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30)
            self.firsts = unsafeBitCast(firsts, to: __m512i.self)
            seconds = unsafeBitCast(firsts &+ 1, to: __m512i.self)
            // Groups 0, 2, 4, 6 have their greatest in the first quarter and their least in the second, the others in the last two.
            let groups = SIMD16<Int16>(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30)
            order = unsafeBitCast(SIMD32(lowHalf: groups, highHalf: groups), to: __m512i.self)
        }

        /// The greatest in the first half, the least in the second.
        @inline(__always)
        func ofGroup(_ values: UnsafeRawPointer, _ byteCount: Int) -> __m512i {
            var (high, low) = (_mm512_setzero_si512(), _mm512_set1_epi16(.min))
            let end = values + byteCount
            var values = values
            while values < end {
                let bits = values.loadUnaligned(as: __m512i.self)
                high = _mm512_max_epi16(high, bits)
                low = _mm512_max_epu16(low, bits)
                values += 64
            }
            return halves(high, low)
        }

        /// Greatest and least of the first, then of the second, in a quarter each.
        @inline(__always)
        func ofTwo(_ first: __m512i, _ second: __m512i) -> __m512i { quarters(first, second) }

        /// In each quarter the first pair's, then the second pair's.
        @inline(__always)
        func ofFour(_ first: __m512i, _ second: __m512i) -> __m512i { eighths(first, second) }

        /// One number of each group.
        @inline(__always)
        func ofEight(_ first: __m512i, _ second: __m512i) -> __m256i {
            let pairs = _mm512_max_epu16(
                _mm512_permutex2var_epi32(first, firsts, second), _mm512_permutex2var_epi32(first, seconds, second))
            return _mm512_permutexvar_epi16(order, _mm512_max_epu16(pairs, _mm512_srli_epi32(pairs, 16))).lowHalf
        }
    }

    /// Compares some of the 64-bit parts of two vectors, numbered from 0 to 15, with others, as unsigned numbers: the greatest
    /// are not negative, since zero is among them.
    private struct Fold {
        private let left: __m512i
        private let right: __m512i

        @inline(__always)
        init(_ left: __m512i, _ right: __m512i) { (self.left, self.right) = (left, right) }

        @inline(__always)
        func callAsFunction(_ a: __m512i, _ b: __m512i) -> __m512i {
            _mm512_max_epu16(_mm512_permutex2var_epi64(a, left, b), _mm512_permutex2var_epi64(a, right, b))
        }
    }
#endif
