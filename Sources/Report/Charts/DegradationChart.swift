internal import Presentation
internal import Records
internal import ScalingLaws

/// KL or QiD against training tokens, a panel for each bit width of a scheme, a series for each model size.
struct DegradationChart {
    let cells: [MeasuredCell]
    /// The laws whose curves are drawn: all of one name, one for each family.
    let laws: [FittedScheme]
    let sizes: SizeSeries
    let scheme: String
    let words: SpecWords
    let quantity: Quantity
    /// Of a panel.
    var width = 400.0

    init(_ content: ReportContent, scheme: String) {
        self.scheme = scheme
        words = SpecWords(scheme, in: content)
        let quantity = content.quantity
        self.quantity = quantity
        cells = content.measurements.filter { cell in
            cell.scheme == scheme && cell.tokens != nil && (content.keepsDoubtful || !cell.model.isDoubtful)
        }
        let laws = content.laws.filter { $0.scheme == scheme && $0.fit.law.quantity == quantity }
        let name = (laws.first { $0.fit.law.name.hasSuffix("-per-bit") } ?? laws.first)?.fit.law.name
        self.laws = laws.filter { $0.fit.law.name == name }
        sizes = SizeSeries(content.measurements)
    }

    /// Whether any model was measured at several steps: else there is no growth to see.
    var showsGrowth: Bool {
        sizes.entries { size in
            Set(cells.filter { $0.params == size.params && $0.family == size.family }.map(\.tokens)).count > 1
        }.isEmpty == false
    }

    /// The panels from the most bits to the fewest, with the same axes.
    var panels: [Drawing] {
        Set(cells.map(\.bits)).sorted(by: >).map(panel)
    }

    private func panel(_ bits: Double) -> Drawing {
        var frame = Frame(
            Frame.Titles(
                panel: "\(Figures.bits(bits)) bits \(words.grain)", x: "training tokens D",
                y: "\(quantity.symbol) (nats per token)",
                description:
                    "\(quantity.symbol) against training tokens at \(Figures.bits(bits)) bits, \(words.words), by model size"
            ),
            width: width, x: tokenDomain, y: damageDomain, plotHeight: max(220, Double(sizes.count) * 15 + 10),
            rightMargin: sizes.labelWidth + 26)
        let series = series(bits)
        for one in series { frame.draw(one) }
        frame.label(series)
        return frame.drawing
    }

    private var tokenDomain: ClosedRange<Double> { LogAxis.domain(of: cells.compactMap(\.tokens), margin: 1.25) }

    /// From the smallest damage that is worth drawing: five decades below the largest at most.
    private var damageDomain: ClosedRange<Double> {
        let values = cells.map { $0.damage(quantity) }
        let largest = values.max() ?? 1
        let worth = values.filter { $0 > largest * 1e-5 }
        return LogAxis.domain(of: worth, margin: 1.5)
    }

    private func series(_ bits: Double) -> [PlotSeries] {
        let drawn = cells.filter { $0.bits == bits }
        return sizes.entries { size in drawn.contains { $0.params == size.params && $0.family == size.family } }.map {
            entry in
            let members = drawn.filter { $0.params == entry.size.params && $0.family == entry.size.family }
                .sorted { ($0.tokens ?? 0) < ($1.tokens ?? 0) }
            return PlotSeries(
                label: entry.label, style: entry.style, points: members.compactMap(point),
                curve: curve(entry.size, bits: bits))
        }
    }

    private func point(_ cell: MeasuredCell) -> PlotPoint? {
        guard let tokens = cell.tokens else { return nil }
        let value = cell.damage(quantity)
        let reach = cell.damageError(quantity).map { $0 * 1.96 }
        let known = reach.map { " ± " + Figures.significant($0, digits: 2) } ?? ""
        let hidden = value <= 0 ? ", which a logarithmic axis cannot show" : ""
        return PlotPoint(
            x: tokens, y: value, low: reach.map { value - $0 }, high: reach.map { value + $0 },
            tip: "\(cell.spec), \(cell.family) \(Figures.count(cell.params)), \(Figures.count(tokens)) tokens: "
                + "\(quantity.symbol) \(Figures.significant(value))\(known) nats\(hidden)")
    }

    /// The law's curve for a size at a bit width that was fitted.
    private func curve(_ size: SizeSeries.Size, bits: Double) -> [CurvePoint] {
        for law in laws {
            let known = law.fit.residuals.map(\.point).first { point in
                point.conditions.params == size.params && point.conditions.bits == bits
                    && (point.family == nil || point.family == size.family)
            }
            guard let known else { continue }
            let axis = LogAxis(domain: tokenDomain, start: 0, end: 1)
            return LawCurve.curve(of: law.fit, through: known.conditions, over: axis)
        }
        return []
    }
}
