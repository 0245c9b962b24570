/// Some rows of a weight, decoded and packed for the microkernel in borrowed memory: panels of the whole depth, then the
/// bias of each row (zero without one), then how many terms each panel has.
///
/// `@unchecked Sendable` because each packing task fills memory of its own, and the memory is only read after all have.
struct PackedWeights: @unchecked Sendable {
    private let panels: WeightPanels
    private let base: UnsafeMutablePointer<Float>
    private let starts: UnsafeMutablePointer<Float>
    private let terms: UnsafeMutablePointer<Float>
    private let rows: Range<Int>
    private let depth: Int
    /// The calls of `pack` that fill the memory.
    let packingTasks: Int
    private let panelsPerTask: Int

    var form: PanelForm { panels.form }

    /// The memory that is filled.
    static func floatCount(rows: Int, depth: Int, form: PanelForm) -> Int {
        form.weightPanels(rows) * (form.weightFloats(depth: depth) + form.weightRows + 1)
    }

    /// `rows` of `weight`, which `pack` is yet to fill into `memory`.
    init(
        _ weight: any WeightMatrix, rows: Range<Int>, bias: [Float]?, form: PanelForm,
        in memory: UnsafeMutablePointer<Float>
    ) {
        let count = form.weightPanels(rows.count)
        (panels, base, self.rows, depth) = (WeightPanels(weight, form: form), memory, rows, weight.columns)
        starts = memory + count * form.weightFloats(depth: depth)
        terms = starts + count * form.weightRows
        for index in 0..<count * form.weightRows {
            let row = rows.lowerBound + index
            starts[index] = row < rows.upperBound ? bias?[row] ?? 0 : 0
        }
        panelsPerTask = max(1, 32_768 / max(1, form.weightRows * depth))
        packingTasks = (count + panelsPerTask - 1) / panelsPerTask
    }

    /// Packs one task's panels.
    func pack(_ task: Int) {
        for panel in task * panelsPerTask..<min(form.weightPanels(rows.count), (task + 1) * panelsPerTask) {
            let first = rows.lowerBound + panel * form.weightRows
            let present = panels.pack(
                rows: first..<min(rows.upperBound, first + form.weightRows), columns: 0..<depth,
                into: base + panel * form.weightFloats(depth: depth))
            terms[panel] = Float(present)
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
                    base: base + index * form.weightFloats(depth: depth), columns: 0..<depth, terms: Int(terms[index])),
                columns: depths, start: depths.lowerBound == 0 ? starts + index * form.weightRows : nil,
                into: TileTarget(
                    base: out.base + column, stride: out.stride, rows: out.rows,
                    columns: min(form.weightRows, out.columns - column)))
        }
    }
}
