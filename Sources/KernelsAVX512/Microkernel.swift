#if arch(x86_64)
    import _Builtin_intrinsics.intel

    /// Multiplies up to two 6-row panels of inputs by two blocks of 16 columns of weights, as `Kernels.multiplyTiles` says.
    ///
    /// Row panel p starts at a + p·panelStride, column block q at b + q·blockStride. Of the sums, `rows`×`columns` (at most
    /// 12×32) go to `target`, whose rows are `stride` apart and whose blocks `targetBlockStride`: start[j] + sum if `start` is
    /// given, else target + sum. Each product is one fused multiply-add in order of depth, so results have the bits of the
    /// AVX2 kernel.
    ///
    /// Twenty-four accumulators, two weight vectors and a broadcast input: 27 of AVX-512's 32 registers, and 14 loads for 24
    /// multiply-adds. Called only where processor and operating system have AVX-512F.
    @inline(never)
    package func multiplyTiles512(
        depth: Int, _ a: UnsafePointer<Float>, panelStride: Int, _ b: UnsafePointer<Float>, blockStride: Int,
        start: UnsafePointer<Float>?, into target: UnsafeMutablePointer<Float>, stride: Int, targetBlockStride: Int,
        rows: Int, columns: Int
    ) {
        let (first, second) = (
            Target(start: start, base: target, stride: stride, columns: columns),
            Target(
                start: start.map { $0 + 16 }, base: target + targetBlockStride, stride: stride, columns: columns - 16)
        )
        var (p0, p1, b0, b1) = (a, a + panelStride, b, b + blockStride)
        var (t00, t01, t10, t11) = (Tile(), Tile(), Tile(), Tile())
        if rows > 6 {
            for _ in 0..<depth {
                let (left, right) = (load(b0), load(b1))
                Tile.add(p0, left, right, &t00, &t01)
                Tile.add(p1, left, right, &t10, &t11)
                (p0, p1, b0, b1) = (p0 + 6, p1 + 6, b0 + 16, b1 + 16)
            }
        } else {
            for _ in 0..<depth {
                Tile.add(p0, load(b0), load(b1), &t00, &t01)
                (p0, b0, b1) = (p0 + 6, b0 + 16, b1 + 16)
            }
        }
        first.store(t00, row: 0, rows)
        first.store(t10, row: 6, rows)
        guard columns > 16 else { return }
        second.store(t01, row: 0, rows)
        second.store(t11, row: 6, rows)
    }

    /// The sums of one row panel and one column block.
    private struct Tile {
        var (c0, c1, c2) = (_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps())
        var (c3, c4, c5) = (_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps())

        /// Adds the products of six inputs with twice sixteen weights.
        @inline(__always)
        static func add(
            _ a: UnsafePointer<Float>, _ left: __m512, _ right: __m512, _ first: inout Tile, _ second: inout Tile
        ) {
            add(a[0], left, right, &first.c0, &second.c0)
            add(a[1], left, right, &first.c1, &second.c1)
            add(a[2], left, right, &first.c2, &second.c2)
            add(a[3], left, right, &first.c3, &second.c3)
            add(a[4], left, right, &first.c4, &second.c4)
            add(a[5], left, right, &first.c5, &second.c5)
        }

        @inline(__always)
        private static func add(
            _ input: Float, _ left: __m512, _ right: __m512, _ first: inout __m512, _ second: inout __m512
        ) {
            let input = _mm512_set1_ps(input)
            first = _mm512_fmadd_ps(input, left, first)
            second = _mm512_fmadd_ps(input, right, second)
        }
    }

    /// Where the sums of one column block go.
    private struct Target {
        private let start: UnsafePointer<Float>?
        private let base: UnsafeMutablePointer<Float>
        private let stride: Int
        /// One bit for each column.
        private let mask: __mmask16

        @inline(__always)
        init(start: UnsafePointer<Float>?, base: UnsafeMutablePointer<Float>, stride: Int, columns: Int) {
            (self.start, self.base, self.stride) = (start, base, stride)
            mask = __mmask16(truncatingIfNeeded: (1 << UInt32(truncatingIfNeeded: min(16, max(0, columns)))) &- 1)
        }

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
