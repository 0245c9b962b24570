internal import Compression
internal import Presentation
internal import RealModule
internal import Records

/// Output errors of a model's layers as a heat map: a row for each spec, a column for each layer.
struct LayerErrorChart {
    private let errors: LayerErrors
    private let rows: ArraySlice<LayerErrors.Row>
    private let grid: LayerGrid
    /// The errors that have the faintest and the fullest colour.
    private let domain: ClosedRange<Double>

    private static let width = 900.0
    private static let rowHeight = 15.0
    private static let textSize = 11.0
    static let mostColumns = 64
    static let mostRows = 40

    /// The charts of one checkpoint, of so many rows each that one can be seen whole; none where nothing is to be seen.
    static func all(_ errors: LayerErrors) -> [LayerErrorChart] {
        guard let first = errors.rows.first else { return [] }
        let grid = LayerGrid(first.layers.map(\.name), most: mostColumns)
        let known = errors.rows.flatMap { grid.errors(of: $0.layers) }.compactMap(\.self).filter { $0 > 0 }
        guard let low = known.min(), let high = known.max() else { return [] }
        return stride(from: 0, to: errors.rows.count, by: mostRows).map { start in
            let rows = errors.rows[start..<min(start + mostRows, errors.rows.count)]
            return LayerErrorChart(errors: errors, rows: rows, grid: grid, domain: low...max(high, low * 10))
        }
    }

    private init(
        errors: LayerErrors, rows: ArraySlice<LayerErrors.Row>, grid: LayerGrid, domain: ClosedRange<Double>
    ) {
        (self.errors, self.rows, self.grid, self.domain) = (errors, rows, grid, domain)
    }

    var drawing: Drawing {
        let left = (rows.map { PlacedText.width(of: $0.spec.name, size: Self.textSize) }.max() ?? 0) + 10
        let edges = edges(from: left)
        let (top, bottom) = (54.0, 54 + Double(rows.count) * Self.rowHeight)
        let foot = kinds.map { PlacedText.width(of: $0.name, size: Self.textSize) }.max() ?? 0
        var drawing = Drawing(
            width: Self.width, height: bottom + foot + 14,
            description: "output errors of the layers of \(title), by spec")
        drawing.texts.append(PlacedText(text: title, x: left, y: 16, size: 14, style: "panel"))
        drawLegend(&drawing, from: left)
        for (place, row) in rows.enumerated() {
            let y = top + Double(place) * Self.rowHeight
            drawing.texts.append(
                PlacedText(text: row.spec.name, x: left - 6, y: y + 11.5, anchor: .end, size: Self.textSize))
            for (column, error) in grid.errors(of: row.layers).enumerated() {
                let box = (x: edges[column], y: y, width: columnWidth(from: left) - 1, height: Self.rowHeight - 1)
                drawing.shapes.append(cell(error, box, tip: tip(row, column, error)))
            }
        }
        for kind in kinds {
            let (start, end) = (edges[kind.columns.lowerBound], edges[kind.columns.upperBound])
            drawing.texts.append(
                PlacedText(
                    text: kind.name, x: (start + end + columnWidth(from: left)) / 2 + 4, y: bottom + 8, anchor: .end,
                    size: Self.textSize, style: "tick", isVertical: true))
        }
        return drawing
    }

    private var title: String {
        let step = errors.model.step.map { ", step \($0)" } ?? ""
        return "\(errors.model.family) of \(Figures.count(errors.model.params)) parameters\(step)"
    }

    /// The kinds of layers in their order, each with its columns.
    private var kinds: [(name: String, columns: ClosedRange<Int>)] {
        var kinds: [(name: String, columns: ClosedRange<Int>)] = []
        for (place, column) in grid.columns.enumerated() {
            if let last = kinds.last, last.name == column.kind {
                kinds[kinds.count - 1].columns = last.columns.lowerBound...place
            } else {
                kinds.append((column.kind, place...place))
            }
        }
        return kinds
    }

    /// Between kinds stands a gap.
    private static let gap = 5.0

    private func columnWidth(from left: Double) -> Double {
        let free = Self.width - left - Double(kinds.count) * Self.gap
        return min(26, free / Double(max(1, grid.columns.count)))
    }

    private func edges(from left: Double) -> [Double] {
        let width = columnWidth(from: left)
        return kinds.enumerated().flatMap { place, kind in
            kind.columns.map { left + Double($0) * width + Double(place) * Self.gap }
        }
    }

    /// How full the colour of an error is, by its logarithm.
    private func fullness(_ error: Double) -> Double {
        let share =
            Double.log(error / domain.lowerBound) / Double.log(domain.upperBound / domain.lowerBound)
        return 0.06 + 0.94 * min(max(share, 0), 1)
    }

    private func cell(
        _ error: Double?, _ box: (x: Double, y: Double, width: Double, height: Double), tip: String
    ) -> Markup {
        let place = ["x": box.x, "y": box.y, "width": box.width, "height": box.height].mapValues(Figures.coordinate)
        let opacity = error.map { $0 > 0 ? Figures.fixed(fullness($0), decimals: 2) : "0.02" }
        var attributes = ["x", "y", "width", "height"].map { Markup.Attribute(name: $0, value: place[$0] ?? "") }
        attributes.insert(Markup.Attribute(name: "class", value: error == nil ? "unknown" : "heat"), at: 0)
        if let opacity { attributes.append(Markup.Attribute(name: "fill-opacity", value: opacity)) }
        return .element("rect", attributes, tip.isEmpty ? [] : [.tag("title", [:], tip)])
    }

    private func tip(_ row: LayerErrors.Row, _ column: Int, _ error: Double?) -> String {
        let place = grid.columns[column]
        let blocks = place.blocks
        let words =
            blocks.count == 1 ? "block \(blocks.lowerBound)" : "blocks \(blocks.lowerBound) to \(blocks.upperBound)"
        return "\(place.kind), \(words): \(error.map { Figures.significant($0) } ?? "no token came to it")"
    }

    /// Swatches of the powers of ten.
    private func drawLegend(_ drawing: inout Drawing, from left: Double) {
        var x = left
        let first = Int(Double.log10(domain.lowerBound).rounded(.up))
        let last = Int(Double.log10(domain.upperBound).rounded(.down))
        for exponent in stride(from: first, through: last, by: 1) {
            let value = Double.pow(10, Double(exponent))
            let text = Figures.trimmed(Figures.significant(value, digits: 1))
            drawing.shapes.append(cell(value, (x: x, y: 28, width: 14, height: 14), tip: ""))
            drawing.texts.append(PlacedText(text: text, x: x + 18, y: 39, size: Self.textSize, style: "tick"))
            x += 30 + PlacedText.width(of: text, size: Self.textSize)
        }
    }
}
