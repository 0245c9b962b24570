/// Packs rows of `x` for the microkernel: panels of 6 rows, one after another, `panel[6k + i]` = x[row i, column k].
///
/// Missing rows of the last panel are zero. `target` has room for whole panels and 8 floats more.
func packInputs(_ x: MatrixView, rows: Range<Int>, columns: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    let depth = columns.count
    var panel = target
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: tileRows) {
        let source = x.row(first) + columns.lowerBound
        if first + tileRows <= rows.upperBound {
            packSixRows(source, stride: x.stride, depth: depth, into: panel)
        } else {
            panel.update(repeating: 0, count: tileRows * depth)
            for row in 0..<rows.upperBound - first {
                for k in 0..<depth { panel[k * tileRows + row] = source[row * x.stride + k] }
            }
        }
        panel += tileRows * depth
    }
}

/// Transposes six rows; each store spills two floats that the next one overwrites.
@inline(__always)
private func packSixRows(
    _ source: UnsafeMutablePointer<Float>, stride: Int, depth: Int, into target: UnsafeMutablePointer<Float>
) {
    var k = 0
    while k + 8 <= depth {
        let from = source + k
        let t = transpose8(
            from.lanes(0), from.lanes(stride), from.lanes(2 * stride), from.lanes(3 * stride), from.lanes(4 * stride),
            from.lanes(5 * stride), .zero, .zero)
        let to = target + k * tileRows
        to.store(t.0, 0)
        to.store(t.1, tileRows)
        to.store(t.2, 2 * tileRows)
        to.store(t.3, 3 * tileRows)
        to.store(t.4, 4 * tileRows)
        to.store(t.5, 5 * tileRows)
        to.store(t.6, 6 * tileRows)
        to.store(t.7, 7 * tileRows)
        k += 8
    }
    while k < depth {
        for row in 0..<tileRows { target[k * tileRows + row] = source[row * stride + k] }
        k += 1
    }
}
