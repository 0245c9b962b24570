/// The rows (and below, columns) of the tile of sums that the microkernel keeps in registers.
let tileRows = 6
let tileColumns = 16

/// Where a tile's sums go: `rows`×`columns` of `base` (at most 6×16) are written, or added to.
struct TileTarget {
    var base: UnsafeMutablePointer<Float>
    var stride: Int
    var rows: Int
    var columns: Int
}

/// Multiplies a 6-row panel of inputs by a 16-column panel of weights, one fused multiply-add per product in order of depth.
///
/// sum[i, j] = Σ_k a[6k + i]·b[16k + j]; the target receives start[j] + sum if `start` is given, else target + sum.
/// Twelve accumulators, two weight vectors and one broadcast input fill 15 of AVX2's 16 registers.
@inline(__always)
func multiplyTile(
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
