import CKernels

#if arch(x86_64)
    import KernelsAVX512
#endif

/// The rows of a panel of inputs, and the columns of a block of weights: two make a panel.
let tileRows = 6
let tileColumns = 16

/// Where sums go: `rows`×`columns` of `base` (at most 32 columns) are written, or added to; the second sixteen columns begin
/// `blockStride` after the first.
package struct TileTarget {
    var base: UnsafeMutablePointer<Float>
    var stride: Int
    var blockStride: Int
    var rows: Int
    var columns: Int

    package init(
        base: UnsafeMutablePointer<Float>, stride: Int, blockStride: Int = tileColumns, rows: Int, columns: Int
    ) {
        self.base = base
        self.stride = stride
        self.blockStride = blockStride
        self.rows = rows
        self.columns = columns
    }

    /// Some rows from `first` on.
    @inline(__always)
    fileprivate func rows(_ first: Int, atMost count: Int) -> TileTarget {
        TileTarget(
            base: base + first * stride, stride: stride, blockStride: blockStride, rows: min(count, rows - first),
            columns: columns)
    }

    /// Asks for one column of all rows, which the sums will need when they are done.
    @inline(__always)
    fileprivate func prefetchRows(at column: Int) {
        for row in 0..<rows { prefetch(base + row * stride + column) }
    }
}

/// Multiplies 6-row panels of inputs by two blocks of 16 columns of weights, one fused multiply-add per product in order of
/// depth.
///
/// sum[6p + i, 16q + j] = Σ_k a[p·panelStride + 6k + i]·b[q·blockStride + 16k + j] for as many panels p as the target has
/// rows; it receives start[16q + j] + sum if `start` is given, else target + sum. The bits are the same with vectors of 512
/// bits (`wide`).
package func multiplyTiles(
    depth: Int, _ a: UnsafePointer<Float>, panelStride: Int, _ b: UnsafePointer<Float>, blockStride: Int,
    start: UnsafeMutablePointer<Float>?, into target: TileTarget, wide: Bool = Processor.usesAVX512
) {
    #if arch(x86_64)
        if wide {
            for row in stride(from: 0, to: target.rows, by: 2 * tileRows) {
                let part = target.rows(row, atMost: 2 * tileRows)
                part.prefetchRows(at: 0)
                part.prefetchRows(at: part.blockStride)
                multiplyTiles512(
                    depth: depth, a + row / tileRows * panelStride, panelStride: panelStride, b,
                    blockStride: blockStride, start: start, into: part.base, stride: part.stride,
                    targetBlockStride: part.blockStride, rows: part.rows, columns: part.columns)
            }
            return
        }
    #endif
    for block in 0..<(target.columns + tileColumns - 1) / tileColumns {
        var column = target
        column.base += block * target.blockStride
        column.columns = min(tileColumns, target.columns - block * tileColumns)
        for row in stride(from: 0, to: target.rows, by: tileRows) {
            let part = column.rows(row, atMost: tileRows)
            part.prefetchRows(at: 0)
            multiplyTile(
                depth: depth, a + row / tileRows * panelStride, b + block * blockStride,
                start: start.map { $0 + block * tileColumns }, into: part)
        }
    }
}

/// The same for one panel of inputs and one block of weights by AVX2.
///
/// Twelve accumulators, two weight vectors and one broadcast input fill 15 of AVX2's 16 registers.
@inline(__always)
private func multiplyTile(
    depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, start: UnsafeMutablePointer<Float>?,
    into target: TileTarget
) {
    var (c00, c01, c10, c11) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var (c20, c21, c30, c31) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var (c40, c41, c50, c51) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var (a, b) = (a, b)
    for _ in 0..<depth {
        // Sound because panels are padded to whole tiles.
        let (low, high) = (b.lanes(0), b.lanes(8))
        var input = Lanes(repeating: a[0])
        c00 = c00.plus(input, low)
        c01 = c01.plus(input, high)
        input = Lanes(repeating: a[1])
        c10 = c10.plus(input, low)
        c11 = c11.plus(input, high)
        input = Lanes(repeating: a[2])
        c20 = c20.plus(input, low)
        c21 = c21.plus(input, high)
        input = Lanes(repeating: a[3])
        c30 = c30.plus(input, low)
        c31 = c31.plus(input, high)
        input = Lanes(repeating: a[4])
        c40 = c40.plus(input, low)
        c41 = c41.plus(input, high)
        input = Lanes(repeating: a[5])
        c50 = c50.plus(input, low)
        c51 = c51.plus(input, high)
        a += tileRows
        b += tileColumns
    }
    let sums = TileSums(
        rows: ((c00, c01), (c10, c11), (c20, c21), (c30, c31), (c40, c41), (c50, c51)), start: start)
    if target.rows == tileRows && target.columns == tileColumns {
        sums.store(into: target)
    } else {
        sums.storeEdge(into: target)
    }
}

/// The finished sums of one tile.
private struct TileSums {
    typealias Row = (low: Lanes, high: Lanes)
    var rows: (Row, Row, Row, Row, Row, Row)
    var start: UnsafeMutablePointer<Float>?

    @inline(__always)
    func store(into target: TileTarget) {
        let (c, stride) = (target.base, target.stride)
        if let start {
            let (low, high) = (start.lanes(0), start.lanes(8))
            store(rows.0, plus: low, high, c)
            store(rows.1, plus: low, high, c + stride)
            store(rows.2, plus: low, high, c + 2 * stride)
            store(rows.3, plus: low, high, c + 3 * stride)
            store(rows.4, plus: low, high, c + 4 * stride)
            store(rows.5, plus: low, high, c + 5 * stride)
        } else {
            add(rows.0, c)
            add(rows.1, c + stride)
            add(rows.2, c + 2 * stride)
            add(rows.3, c + 3 * stride)
            add(rows.4, c + 4 * stride)
            add(rows.5, c + 5 * stride)
        }
    }

    @inline(__always)
    private func store(_ row: Row, plus low: Lanes, _ high: Lanes, _ c: UnsafeMutablePointer<Float>) {
        c.store(low + row.low, 0)
        c.store(high + row.high, 8)
    }

    @inline(__always)
    private func add(_ row: Row, _ c: UnsafeMutablePointer<Float>) {
        c.store(c.lanes(0) + row.low, 0)
        c.store(c.lanes(8) + row.high, 8)
    }

    /// Writes the part of the tile that the target has, by way of a whole tile.
    @inline(never)
    func storeEdge(into target: TileTarget) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: tileRows * tileColumns) { memory in
            guard let tile = memory.baseAddress else { return }
            let whole = TileTarget(base: tile, stride: tileColumns, rows: tileRows, columns: tileColumns)
            if start == nil {
                tile.update(repeating: 0, count: tileRows * tileColumns)
                for row in 0..<target.rows {
                    (tile + row * tileColumns).update(from: target.base + row * target.stride, count: target.columns)
                }
            }
            store(into: whole)
            for row in 0..<target.rows {
                (target.base + row * target.stride).update(from: tile + row * tileColumns, count: target.columns)
            }
        }
    }
}
