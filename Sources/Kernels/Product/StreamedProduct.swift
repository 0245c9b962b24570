/// A product whose inputs are packed once, and whose weight goes by in panels that never leave the caches: for weights too
/// large to stay packed in the second-level cache.
struct StreamedProduct {
    private let weight: WeightPanels
    private let bias: [Float]?
    private let out: MatrixView
    private let inputs: PackedInputs

    private var form: PanelForm { inputs.form }

    /// out = x·weightsᵀ + bias.
    static func run(
        _ x: MatrixView, _ weight: any WeightMatrix, bias: [Float]?, into out: MatrixView, form: PanelForm
    ) {
        let block = Blocking.streamedRows(depth: x.columns, form: form)
        let floats = PackedInputs.floatCount(rows: min(x.rows, block), depth: x.columns, form: form)
        Scratch.withFloats(floats) { memory in
            for first in stride(from: 0, to: x.rows, by: block) {
                let rows = first..<min(x.rows, first + block)
                let inputs = PackedInputs(x.rows(rows), form: form, in: memory)
                StreamedProduct(
                    weight: WeightPanels(weight, form: form), bias: bias, out: out.rows(rows), inputs: inputs
                ).run()
            }
        }
    }

    /// Deals out groups of panels, and rows as well if there are too few groups for all workers.
    private func run() {
        let largest = Blocking.groupedPanels(form)
        let groups = Blocking.panelBlocks(form.weightPanels(weight.rows), largest: largest, least: largest / 2)
        let parts = groups.count >= 2 * Parallel.width ? 1 : min(inputs.panels, Parallel.width)
        let inputsPerPart = (inputs.panels + parts - 1) / parts
        Parallel.forEach(groups.count * parts) { task in
            let firstInput = task % parts * inputsPerPart
            multiply(
                panels: groups[task / parts],
                inputPanels: firstInput..<max(firstInput, min(inputs.panels, firstInput + inputsPerPart)))
        }
    }

    /// Packs the panels of a group over one block of depth, and takes the inputs past them a few rows at a time: these rows
    /// stay in the first-level cache for all panels, which stay in the second-level cache for all rows.
    private func multiply(panels: Range<Int>, inputPanels: Range<Int>) {
        let panelFloats = form.weightFloats(depth: inputs.depthBlock)
        let width = form.weightRows
        let atOnce = Blocking.panelsAtOnce(form)
        Scratch.withFloats((panelFloats + width + 1) * panels.count) { memory in
            let starts = memory + panelFloats * panels.count
            let terms = starts + width * panels.count
            let first = panels.lowerBound * width
            for index in 0..<panels.count * width {
                starts[index] = first + index < weight.rows ? bias?[first + index] ?? 0 : 0
            }
            for depths in inputs.depthBlocks {
                for (index, panel) in panels.enumerated() {
                    let present = weight.pack(rows: rows(panel), columns: depths, into: memory + index * panelFloats)
                    terms[index] = Float(present)
                }
                form.multiplying {
                    for input in stride(from: inputPanels.lowerBound, to: inputPanels.upperBound, by: atOnce) {
                        for (index, panel) in panels.enumerated() {
                            weight.multiply(
                                inputs.panel(input, depths: depths),
                                inputStride: form.inputFloats(depth: depths.count),
                                WeightPanels.Panel(
                                    base: memory + index * panelFloats, columns: depths, terms: Int(terms[index])),
                                columns: depths, start: depths.lowerBound == 0 ? starts + index * width : nil,
                                into: target(input..<min(input + atOnce, inputPanels.upperBound), panel))
                        }
                    }
                }
            }
        }
    }

    /// The rows of the weight, columns of the result, of one panel.
    private func rows(_ panel: Int) -> Range<Int> {
        panel * form.weightRows..<min(weight.rows, (panel + 1) * form.weightRows)
    }

    private func target(_ inputPanels: Range<Int>, _ panel: Int) -> TileTarget {
        let (first, columns) = (inputPanels.lowerBound * form.inputRows, rows(panel))
        return TileTarget(
            base: out.row(first) + columns.lowerBound, stride: out.stride,
            rows: min(inputPanels.upperBound * form.inputRows, out.rows) - first, columns: columns.count)
    }
}
