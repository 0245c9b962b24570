#if arch(x86_64)
    import _Builtin_intrinsics.intel

    /// round(w/scale), half to even, without a division: for weights and scales of 16-bit types, and scales of usual size,
    /// the result is that of dividing in float32.
    ///
    /// Significands of at most 11 bits put w/scale at least 2⁻¹² from the middle between two whole numbers, or right on it.
    /// With r = 1/scale rounded, w·r is within 2⁻¹⁵ of w/scale. Adding 1536 rounds it to a multiple of 2⁻¹³: what is right on
    /// the middle, as the rounded quotient then is, and nothing else, comes to lie there.
    package struct NearestSteps {
        private let reciprocal: SIMD8<Float>

        /// For one of `scales`.
        @inline(__always)
        package init(_ scale: Float) { reciprocal = _mm256_set1_ps(1 / scale) }

        /// The scales for which nothing on the way is too small or too large for a float32.
        package static let scales: ClosedRange<Float> = 0x1p-100...0x1p100

        /// What the numbers are too large by: an even number, so that halves go the same way.
        package static let excess: Int16 = 1536

        /// The numbers of steps, eight of 32 bits, that are nearest to values of at most 384 steps, and `excess` more.
        @inline(__always)
        package func callAsFunction(_ values: SIMD8<Float>) -> SIMD4<Int64> {
            _mm256_cvtps_epi32(_mm256_fmadd_ps(values, reciprocal, _mm256_set1_ps(Float(Self.excess))))
        }
    }
#endif
