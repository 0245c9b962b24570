#if arch(x86_64)
    import _Builtin_intrinsics.intel

    /// x ← x·factor + addend, `steps` times, in each of twelve registers of sixteen lanes; the sum of all lanes at the end.
    ///
    /// This is the peak rate of a processor with AVX-512F, and may be called only there.
    @inline(never)
    package func fusedMultiplyAdds512(steps: Int, factor: Float, addend: Float) -> Float {
        let (a, b) = (_mm512_set1_ps(factor), _mm512_set1_ps(addend))
        // Starts that differ keep the compiler from computing one sum for all.
        var (s0, s1, s2, s3) = (vector(0), vector(1), vector(2), vector(3))
        var (s4, s5, s6, s7) = (vector(4), vector(5), vector(6), vector(7))
        var (s8, s9, s10, s11) = (vector(8), vector(9), vector(10), vector(11))
        for _ in 0..<steps {
            s0 = _mm512_fmadd_ps(s0, a, b)
            s1 = _mm512_fmadd_ps(s1, a, b)
            s2 = _mm512_fmadd_ps(s2, a, b)
            s3 = _mm512_fmadd_ps(s3, a, b)
            s4 = _mm512_fmadd_ps(s4, a, b)
            s5 = _mm512_fmadd_ps(s5, a, b)
            s6 = _mm512_fmadd_ps(s6, a, b)
            s7 = _mm512_fmadd_ps(s7, a, b)
            s8 = _mm512_fmadd_ps(s8, a, b)
            s9 = _mm512_fmadd_ps(s9, a, b)
            s10 = _mm512_fmadd_ps(s10, a, b)
            s11 = _mm512_fmadd_ps(s11, a, b)
        }
        let quarters = (sum(s0, s1, s2), sum(s3, s4, s5), sum(s6, s7, s8), sum(s9, s10, s11))
        let total = _mm512_add_ps(_mm512_add_ps(quarters.0, quarters.1), _mm512_add_ps(quarters.2, quarters.3))
        return _mm512_reduce_add_ps(total)
    }

    @inline(__always)
    private func vector(_ value: Float) -> __m512 { _mm512_set1_ps(value) }

    @inline(__always)
    private func sum(_ a: __m512, _ b: __m512, _ c: __m512) -> __m512 { _mm512_add_ps(_mm512_add_ps(a, b), c) }
#endif
