#if arch(x86_64)
    import _Builtin_intrinsics.intel

    /// Multiplies up to four 6-row panels of inputs by one 16-column panel of weights, as `Kernels.multiplyTiles` says.
    ///
    /// Row panel p starts at a + p·panelStride. Of the sums, `rows`×`columns` (at most 24×16) go to `target`, whose rows are
    /// `stride` apart: start[j] + sum if `start` is given, else target + sum. Each product is one fused multiply-add in
    /// order of depth, so results have the bits of the AVX2 kernel.
    ///
    /// Twenty-four accumulators, one weight vector and inputs that the multiply-add itself broadcasts from memory: 25 of
    /// AVX-512's 32 registers. Called only where processor and operating system have AVX-512F.
    @inline(never)
    package func multiplyTiles512(
        depth: Int, _ a: UnsafePointer<Float>, panelStride: Int, _ b: UnsafePointer<Float>,
        start: UnsafePointer<Float>?, into target: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int
    ) {
        let mask = __mmask16(truncatingIfNeeded: (1 << UInt32(truncatingIfNeeded: columns)) &- 1)
        let out = Target(start: start, base: target, stride: stride, mask: mask)
        if rows > 12 {
            multiplyFour(depth, a, panelStride, b, rows: rows, into: out)
        } else if rows > 6 {
            multiplyTwo(depth, a, panelStride, b, rows: rows, into: out)
        } else {
            multiplyOne(depth, a, b, rows: rows, into: out)
        }
    }

    @inline(__always)
    private func multiplyFour(
        _ depth: Int, _ a: UnsafePointer<Float>, _ panelStride: Int, _ b: UnsafePointer<Float>, rows: Int,
        into out: Target
    ) {
        // Where there is no fourth panel the third is taken again, and its sums are dropped.
        let last = rows > 18 ? 3 * panelStride : 2 * panelStride
        var (p0, p1, p2, p3, b) = (a, a + panelStride, a + 2 * panelStride, a + last, b)
        var (t0, t1, t2, t3) = (Tile(), Tile(), Tile(), Tile())
        for _ in 0..<depth {
            let weights = load(b)
            t0.add(p0, weights)
            t1.add(p1, weights)
            t2.add(p2, weights)
            t3.add(p3, weights)
            (p0, p1, p2, p3, b) = (p0 + 6, p1 + 6, p2 + 6, p3 + 6, b + 16)
        }
        out.store(t0, row: 0, rows)
        out.store(t1, row: 6, rows)
        out.store(t2, row: 12, rows)
        out.store(t3, row: 18, rows)
    }

    @inline(__always)
    private func multiplyTwo(
        _ depth: Int, _ a: UnsafePointer<Float>, _ panelStride: Int, _ b: UnsafePointer<Float>, rows: Int,
        into out: Target
    ) {
        var (p0, p1, b) = (a, a + panelStride, b)
        var (t0, t1) = (Tile(), Tile())
        for _ in 0..<depth {
            let weights = load(b)
            t0.add(p0, weights)
            t1.add(p1, weights)
            (p0, p1, b) = (p0 + 6, p1 + 6, b + 16)
        }
        out.store(t0, row: 0, rows)
        out.store(t1, row: 6, rows)
    }

    @inline(__always)
    private func multiplyOne(
        _ depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, into out: Target
    ) {
        var (a, b) = (a, b)
        var tile = Tile()
        for _ in 0..<depth {
            tile.add(a, load(b))
            (a, b) = (a + 6, b + 16)
        }
        out.store(tile, row: 0, rows)
    }

    /// The sums of one row panel.
    private struct Tile {
        var (c0, c1, c2) = (_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps())
        var (c3, c4, c5) = (_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps())

        /// Adds the products of six inputs with sixteen weights.
        @inline(__always)
        mutating func add(_ a: UnsafePointer<Float>, _ weights: __m512) {
            c0 = _mm512_fmadd_ps(_mm512_set1_ps(a[0]), weights, c0)
            c1 = _mm512_fmadd_ps(_mm512_set1_ps(a[1]), weights, c1)
            c2 = _mm512_fmadd_ps(_mm512_set1_ps(a[2]), weights, c2)
            c3 = _mm512_fmadd_ps(_mm512_set1_ps(a[3]), weights, c3)
            c4 = _mm512_fmadd_ps(_mm512_set1_ps(a[4]), weights, c4)
            c5 = _mm512_fmadd_ps(_mm512_set1_ps(a[5]), weights, c5)
        }
    }

    /// Where sums go.
    private struct Target {
        let start: UnsafePointer<Float>?
        let base: UnsafeMutablePointer<Float>
        let stride: Int
        /// One bit for each column.
        let mask: __mmask16

        /// Stores a tile's rows from `row` on, those below `rows`.
        @inline(__always)
        func store(_ tile: Tile, row: Int, _ rows: Int) {
            store(tile.c0, row, rows)
            store(tile.c1, row + 1, rows)
            store(tile.c2, row + 2, rows)
            store(tile.c3, row + 3, rows)
            store(tile.c4, row + 4, rows)
            store(tile.c5, row + 5, rows)
        }

        @inline(__always)
        private func store(_ sums: __m512, _ row: Int, _ rows: Int) {
            guard row < rows else { return }
            let c = base + row * stride
            let before = start.map { load($0) } ?? _mm512_maskz_loadu_ps(mask, c)
            _mm512_mask_storeu_ps(c, mask, _mm512_add_ps(before, sums))
        }
    }

    @inline(__always)
    private func load(_ address: UnsafePointer<Float>) -> __m512 { _mm512_loadu_ps(address) }
#endif
