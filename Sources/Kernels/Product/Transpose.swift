/// Transposes eight vectors of eight: lane j of result i is lane i of argument j.
@inline(__always)
func transpose8(
    _ r0: Lanes, _ r1: Lanes, _ r2: Lanes, _ r3: Lanes, _ r4: Lanes, _ r5: Lanes, _ r6: Lanes, _ r7: Lanes
) -> (Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes, Lanes) {
    let (a0, a1) = (unpackLow(r0, r1), unpackHigh(r0, r1))
    let (a2, a3) = (unpackLow(r2, r3), unpackHigh(r2, r3))
    let (a4, a5) = (unpackLow(r4, r5), unpackHigh(r4, r5))
    let (a6, a7) = (unpackLow(r6, r7), unpackHigh(r6, r7))
    let (b0, b1) = (pairsLow(a0, a2), pairsHigh(a0, a2))
    let (b2, b3) = (pairsLow(a1, a3), pairsHigh(a1, a3))
    let (b4, b5) = (pairsLow(a4, a6), pairsHigh(a4, a6))
    let (b6, b7) = (pairsLow(a5, a7), pairsHigh(a5, a7))
    return (
        Lanes(lowHalf: b0.lowHalf, highHalf: b4.lowHalf), Lanes(lowHalf: b1.lowHalf, highHalf: b5.lowHalf),
        Lanes(lowHalf: b2.lowHalf, highHalf: b6.lowHalf), Lanes(lowHalf: b3.lowHalf, highHalf: b7.lowHalf),
        Lanes(lowHalf: b0.highHalf, highHalf: b4.highHalf), Lanes(lowHalf: b1.highHalf, highHalf: b5.highHalf),
        Lanes(lowHalf: b2.highHalf, highHalf: b6.highHalf), Lanes(lowHalf: b3.highHalf, highHalf: b7.highHalf)
    )
}

// The next four are single AVX instructions: vunpcklps, vunpckhps, vunpcklpd and vunpckhpd.

@inline(__always)
private func unpackLow(_ a: Lanes, _ b: Lanes) -> Lanes { Lanes(a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5]) }

@inline(__always)
private func unpackHigh(_ a: Lanes, _ b: Lanes) -> Lanes { Lanes(a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7]) }

@inline(__always)
private func pairsLow(_ a: Lanes, _ b: Lanes) -> Lanes { Lanes(a[0], a[1], b[0], b[1], a[4], a[5], b[4], b[5]) }

@inline(__always)
private func pairsHigh(_ a: Lanes, _ b: Lanes) -> Lanes { Lanes(a[2], a[3], b[2], b[3], a[6], a[7], b[6], b[7]) }

/// Writes `target[c·targetStride + r] = source[r·sourceStride + c]` for eight rows r and `columns` columns c.
@inline(__always)
func transposeEightRows(
    _ source: UnsafePointer<Float>, stride sourceStride: Int, columns: Int,
    into target: UnsafeMutablePointer<Float>, stride targetStride: Int
) {
    var column = 0
    while column + 8 <= columns {
        let from = source + column
        let t = transpose8(
            from.lanes(0), from.lanes(sourceStride), from.lanes(2 * sourceStride), from.lanes(3 * sourceStride),
            from.lanes(4 * sourceStride), from.lanes(5 * sourceStride), from.lanes(6 * sourceStride),
            from.lanes(7 * sourceStride))
        let to = target + column * targetStride
        to.store(t.0, 0)
        to.store(t.1, targetStride)
        to.store(t.2, 2 * targetStride)
        to.store(t.3, 3 * targetStride)
        to.store(t.4, 4 * targetStride)
        to.store(t.5, 5 * targetStride)
        to.store(t.6, 6 * targetStride)
        to.store(t.7, 7 * targetStride)
        column += 8
    }
    while column < columns {
        for row in 0..<8 { target[column * targetStride + row] = source[row * sourceStride + column] }
        column += 1
    }
}

/// Writes `target[c, r] = source[r, c]`, in parallel over strips of columns.
package func transpose(_ source: MatrixView, into target: MatrixView) {
    precondition(target.rows == source.columns && target.columns == source.rows)
    // A strip's lines of eight rows stay in the first-level cache while its columns are written.
    let strip = 64
    Parallel.forEach((source.columns + strip - 1) / strip) { task in
        let columns = task * strip..<min(source.columns, (task + 1) * strip)
        var row = 0
        while row + 8 <= source.rows {
            transposeEightRows(
                source.row(row) + columns.lowerBound, stride: source.stride, columns: columns.count,
                into: target.row(columns.lowerBound) + row, stride: target.stride)
            row += 8
        }
        while row < source.rows {
            let values = source.row(row)
            for column in columns { target.row(column)[row] = values[column] }
            row += 1
        }
    }
}
