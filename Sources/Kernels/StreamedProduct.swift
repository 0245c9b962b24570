/// A product whose inputs are packed once, and whose weight goes by in panels of 16 outputs that never leave the
/// first-level cache: for weights too large to stay packed in the second-level cache.
struct StreamedProduct {
    private let weight: any WeightMatrix
    private let bias: [Float]?
    private let out: MatrixView
    private let inputs: PackedInputs

    /// out = x·weightᵀ + bias.
    static func run(_ x: MatrixView, _ weight: any WeightMatrix, bias: [Float]?, into out: MatrixView) {
        let block = Blocking.streamedRows(depth: x.columns)
        Scratch.withFloats(PackedInputs.floatCount(rows: min(x.rows, block), depth: x.columns)) { memory in
            for first in stride(from: 0, to: x.rows, by: block) {
                let rows = first..<min(x.rows, first + block)
                let inputs = PackedInputs(x.rows(rows), in: memory)
                StreamedProduct(weight: weight, bias: bias, out: out.rows(rows), inputs: inputs).run()
            }
        }
    }

    /// Deals out groups of panels, and rows as well if there are too few groups for all workers.
    private func run() {
        let panels = (weight.rows + panelWidth - 1) / panelWidth
        let groups = (panels + Blocking.groupedPanels - 1) / Blocking.groupedPanels
        let parts = groups >= 4 * Parallel.width ? 1 : min(inputs.tiles, Parallel.width)
        let tilesPerPart = (inputs.tiles + parts - 1) / parts
        Parallel.forEach(groups * parts) { task in
            let first = task / parts * Blocking.groupedPanels
            let firstTile = task % parts * tilesPerPart
            multiply(
                panels: first..<min(panels, first + Blocking.groupedPanels),
                tiles: firstTile..<max(firstTile, min(inputs.tiles, firstTile + tilesPerPart)))
        }
    }

    private func multiply(panels: Range<Int>, tiles: Range<Int>) {
        Scratch.withFloats((inputs.depthBlock + 1) * panelWidth) { memory in
            for depths in inputs.depthBlocks {
                for panel in panels {
                    multiply(panel: panel, tiles: tiles, depths: depths, memory: memory)
                }
            }
        }
    }

    private func multiply(panel: Int, tiles: Range<Int>, depths: Range<Int>, memory: UnsafeMutablePointer<Float>) {
        let rows = panel * panelWidth..<min(weight.rows, (panel + 1) * panelWidth)
        weight.pack(rows: rows, columns: depths, into: memory)
        var start: UnsafeMutablePointer<Float>?
        if depths.lowerBound == 0 {
            let values = memory + inputs.depthBlock * panelWidth
            for lane in 0..<panelWidth { values[lane] = lane < rows.count ? bias?[rows.lowerBound + lane] ?? 0 : 0 }
            start = values
        }
        let firstRow = tiles.lowerBound * tileRows
        multiplyTiles(
            depth: depths.count, inputs.tile(tiles.lowerBound, depths: depths),
            panelStride: tileRows * depths.count, UnsafePointer(memory), start: start,
            into: TileTarget(
                base: out.base + firstRow * out.stride + rows.lowerBound, stride: out.stride,
                rows: min(tiles.upperBound * tileRows, out.rows) - firstRow, columns: rows.count))
    }
}
