/// Some rows of a weight, decoded and packed for the microkernel in borrowed memory: panels of the whole depth, then the
/// bias of each row (zero without one), then the parts of each panel.
///
/// `@unchecked Sendable` because the memory is only read once `init` has filled it.
struct PackedWeights: @unchecked Sendable {
    private let panels: WeightPanels
    private let base: UnsafeMutablePointer<Float>
    private let starts: UnsafeMutablePointer<Float>
    private let parts: UnsafeMutablePointer<Float>
    private let depth: Int

    var form: PanelForm { panels.form }

    /// The memory that `init` fills.
    static func floatCount(rows: Int, depth: Int, form: PanelForm) -> Int {
        form.weightPanels(rows) * (form.weightFloats(depth: depth) + form.weightRows + 1)
    }

    /// Packs `rows` of `weight` into `memory`, in parallel.
    init(
        _ weight: any WeightMatrix, rows: Range<Int>, bias: [Float]?, form: PanelForm,
        in memory: UnsafeMutablePointer<Float>
    ) {
        let count = form.weightPanels(rows.count)
        let depth = weight.columns
        let starts = memory + count * form.weightFloats(depth: depth)
        for index in 0..<count * form.weightRows {
            let row = rows.lowerBound + index
            starts[index] = row < rows.upperBound ? bias?[row] ?? 0 : 0
        }
        (panels, base, self.depth, self.starts) = (WeightPanels(weight, form: form), memory, depth, starts)
        parts = starts + count * form.weightRows
        packInParallel(rows, count)
    }

    private func packInParallel(_ rows: Range<Int>, _ count: Int) {
        let panelsPerTask = max(1, 32_768 / max(1, form.weightRows * depth))
        Parallel.forEach((count + panelsPerTask - 1) / panelsPerTask) { task in
            for panel in task * panelsPerTask..<min(count, (task + 1) * panelsPerTask) {
                let first = rows.lowerBound + panel * form.weightRows
                let present = panels.pack(
                    rows: first..<min(rows.upperBound, first + form.weightRows), columns: 0..<depth,
                    into: base + panel * form.weightFloats(depth: depth))
                parts[panel] = Float(present)
            }
        }
    }

    /// Multiplies packed inputs by these weights over one block of depth; `out` has the columns from `firstPanel` on.
    func multiply(
        _ inputs: UnsafePointer<Float>, firstPanel: Int = 0, depths: Range<Int>, into out: MatrixView
    ) {
        for column in stride(from: 0, to: out.columns, by: form.weightRows) {
            let index = firstPanel + column / form.weightRows
            panels.multiply(
                inputs, inputStride: form.inputFloats(depth: depths.count),
                WeightPanels.Panel(
                    base: base + index * form.weightFloats(depth: depth), columns: 0..<depth, parts: Int(parts[index])),
                columns: depths, start: depths.lowerBound == 0 ? starts + index * form.weightRows : nil,
                into: TileTarget(
                    base: out.base + column, stride: out.stride, rows: out.rows,
                    columns: min(form.weightRows, out.columns - column)))
        }
    }
}
