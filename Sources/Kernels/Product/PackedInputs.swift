/// All rows of an input, packed for the microkernel in borrowed memory, one block of depth after another.
///
/// `@unchecked Sendable` because the memory is only read once `init` has filled it.
struct PackedInputs: @unchecked Sendable {
    let form: PanelForm
    let panels: Int
    let depthBlock: Int
    /// The blocks of depth, in order; at least one, be it empty.
    let depthBlocks: [Range<Int>]
    private let base: UnsafeMutablePointer<Float>

    /// The memory that `init` fills.
    static func floatCount(rows: Int, depth: Int, form: PanelForm) -> Int {
        form.inputPanels(rows) * form.inputFloats(depth: depth)
    }

    /// Packs `x` into `memory`, in parallel.
    init(_ x: MatrixView, form: PanelForm, in memory: UnsafeMutablePointer<Float>) {
        self.form = form
        panels = form.inputPanels(x.rows)
        let (depth, depthBlock) = (x.columns, Blocking.depth(x.columns, form: form))
        self.depthBlock = depthBlock
        depthBlocks = stride(from: 0, to: max(1, depth), by: depthBlock).map { $0..<min(depth, $0 + depthBlock) }
        base = memory
        fill(x)
    }

    private func fill(_ x: MatrixView) {
        let panelsPerTask = max(1, 32_768 / max(1, form.inputRows * x.columns))
        Parallel.forEach((panels + panelsPerTask - 1) / panelsPerTask) { task in
            let first = task * panelsPerTask
            let rows = first * form.inputRows..<min(x.rows, (first + panelsPerTask) * form.inputRows)
            for depths in depthBlocks {
                form.pack(x, rows: rows, columns: depths, into: base + offset(first, depths: depths))
            }
        }
    }

    /// A panel over one block of depth; the next lies `form.inputFloats(depth: depths.count)` further on.
    @inline(__always)
    func panel(_ index: Int, depths: Range<Int>) -> UnsafePointer<Float> {
        UnsafePointer(base + offset(index, depths: depths))
    }

    @inline(__always)
    private func offset(_ panel: Int, depths: Range<Int>) -> Int {
        form.inputFloats(depth: depths.lowerBound) * panels + form.inputFloats(depth: depths.count) * panel
    }
}

/// Packs rows of `x` for the microkernel: panels of 6 rows, one after another, `panel[6k + i]` = x[row i, column k].
///
/// Missing rows of the last panel are zero.
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

/// Transposes six rows; each store of eight spills two floats that the next one overwrites, but for the last one.
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
        to.storePartial(t.7, 7 * tileRows, count: tileRows)
        k += 8
    }
    while k < depth {
        for row in 0..<tileRows { target[k * tileRows + row] = source[row * stride + k] }
        k += 1
    }
}
