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

    /// Packs the panels of a group over one block of depth, and takes the inputs past them a few rows at a time: these rows
    /// stay in the first-level cache for all panels, which stay in the second-level cache for all rows.
    private func multiply(panels: Range<Int>, tiles: Range<Int>) {
        let panelFloats = inputs.depthBlock * panelWidth
        Scratch.withFloats((panelFloats + panelWidth) * panels.count) { memory in
            let starts = memory + panelFloats * panels.count
            let first = panels.lowerBound * panelWidth
            for index in 0..<panels.count * panelWidth {
                starts[index] = first + index < weight.rows ? bias?[first + index] ?? 0 : 0
            }
            for depths in inputs.depthBlocks {
                for panel in panels {
                    weight.pack(
                        rows: rows(panel), columns: depths, into: memory + (panel - panels.lowerBound) * panelFloats)
                }
                for tile in stride(from: tiles.lowerBound, to: tiles.upperBound, by: Blocking.tilesAtOnce) {
                    for (index, panel) in panels.enumerated() {
                        multiplyTiles(
                            depth: depths.count, inputs.tile(tile, depths: depths),
                            panelStride: tileRows * depths.count, memory + index * panelFloats,
                            start: depths.lowerBound == 0 ? starts + index * panelWidth : nil,
                            into: target(tile..<min(tile + Blocking.tilesAtOnce, tiles.upperBound), panel))
                    }
                }
            }
        }
    }

    /// The rows of the weight, columns of the result, of one panel.
    private func rows(_ panel: Int) -> Range<Int> {
        panel * panelWidth..<min(weight.rows, (panel + 1) * panelWidth)
    }

    private func target(_ tiles: Range<Int>, _ panel: Int) -> TileTarget {
        let (first, columns) = (tiles.lowerBound * tileRows, rows(panel))
        return TileTarget(
            base: out.row(first) + columns.lowerBound, stride: out.stride,
            rows: min(tiles.upperBound * tileRows, out.rows) - first, columns: columns.count)
    }
}
