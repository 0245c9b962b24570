internal import Presentation
internal import Records
internal import ScalingLaws

/// What a law says against what was measured: on the diagonal both agree.
///
/// Points of models held out of the fit are hollow. A law of all schemes tells methods apart, another one sizes.
struct AgreementChart {
    let law: FittedScheme
    private let name: String
    private let words: String
    let sizes: SizeSeries

    init(_ content: ReportContent, law: FittedScheme) {
        self.law = law
        let family = law.name(among: content.laws) == law.scheme ? nil : law.family
        words = SpecWords(law.scheme, in: content).words
        name = [law.fit.law.name, SpecWords.shortName(of: law.scheme, in: content), family].compactMap(\.self)
            .joined(separator: ", ")
        sizes = SizeSeries(content.measurements)
    }

    /// Pairs of a law's residuals that logarithmic axes cannot show.
    static func hidden(_ fit: Fit) -> Int {
        fit.residuals.count { $0.measured <= 0 || $0.predicted <= 0 }
    }

    /// The panel; nil where nothing can be drawn.
    var panel: Drawing? {
        let shown = law.fit.residuals.filter { $0.measured > 0 && $0.predicted > 0 }
        guard !shown.isEmpty else { return nil }
        let heldOut = heldOutPoints
        let values = shown.flatMap { [$0.measured, $0.predicted] } + heldOut.map(\.point.y)
        let largest = values.max() ?? 1
        let domain = LogAxis.domain(of: values.filter { $0 > largest * 1e-5 }, margin: 1.4)
        let quantity = law.fit.law.quantity.symbol
        var frame = Frame(
            Frame.Titles(
                panel: name,
                x: "measured \(quantity) (nats per token)",
                y: "predicted \(quantity) (nats per token)",
                description:
                    "\(quantity) predicted by \(law.fit.law.name) against measured, \(words)"),
            width: 400, x: domain, y: domain, plotHeight: max(280, Double(max(sizes.count, methods.count)) * 16 + 30),
            rightMargin: max(labelWidth, PlacedText.width(of: "held out", size: 12)) + 26)
        drawDiagonals(&frame)
        let series = series(shown, heldOut)
        for one in series { frame.draw(one) }
        frame.legend(series, hollow: heldOut.isEmpty ? nil : "held out")
        return frame.drawing
    }

    private func drawDiagonals(_ frame: inout Frame) {
        let (low, high) = (frame.x.domain.lowerBound, frame.x.domain.upperBound)
        func line(factor: Double, _ name: String) -> Markup {
            Drawing.line(
                from: (frame.x.position(low), frame.y.position(low * factor)),
                to: (frame.x.position(high), frame.y.position(high * factor)), class: name)
        }
        frame.add(clipped: [line(factor: 1, "diagonal"), line(factor: 2, "factor"), line(factor: 0.5, "factor")])
    }

    /// The methods of a law's points, where it is of all of them together.
    private var methods: [String] {
        guard law.fit.law.isOfDistortion else { return [] }
        return Set(law.fit.residuals.compactMap(\.point.conditions.labels["method"])).sorted()
    }

    private var labelWidth: Double {
        methods.isEmpty ? sizes.labelWidth : methods.map { PlacedText.width(of: $0, size: 12) }.max() ?? 0
    }

    private func series(_ residuals: [Residual], _ heldOut: [HeldOutPoint]) -> [PlotSeries] {
        guard methods.isEmpty else {
            return methods.enumerated().map { rank, method in
                let own = residuals.filter { $0.point.conditions.labels["method"] == method }
                let extra = heldOut.filter { $0.conditions.labels["method"] == method }
                return PlotSeries(
                    label: method, style: SeriesStyle(rank: rank), points: own.map(Self.point) + extra.map(\.point))
            }
        }
        func isOf(_ size: SizeSeries.Size, _ point: Point) -> Bool {
            point.conditions.params == size.params && (point.family == nil || point.family == size.family)
        }
        let largest = law.fit.residuals.map(\.point.conditions.params).max()
        return sizes.entries { size in residuals.contains { isOf(size, $0.point) } }.map { entry in
            let points = residuals.filter { isOf(entry.size, $0.point) }.map(Self.point)
            let extra = entry.size.params == largest ? heldOut.map(\.point) : []
            return PlotSeries(label: entry.label, style: entry.style, points: points + extra)
        }
    }

    private static func point(_ residual: Residual) -> PlotPoint {
        PlotPoint(
            x: residual.measured, y: residual.predicted, low: nil, high: nil,
            tip: tip(residual.point.conditions, measured: residual.measured, predicted: residual.predicted))
    }

    private typealias HeldOutPoint = (conditions: Conditions, point: PlotPoint)

    /// The largest model's points with what the law says when it is fitted without that model.
    private var heldOutPoints: [HeldOutPoint] {
        guard let check = law.fit.heldOut.first(where: { $0.kind == .largestModel }) else { return [] }
        let largest = law.fit.residuals.map(\.point.conditions.params).max()
        let residuals = law.fit.residuals.filter { $0.point.conditions.params == largest && $0.measured > 0 }
        let conditions = residuals.map(\.point.conditions)
        guard let values = LawCurve.values(of: law.fit, parameters: check.parameters, at: conditions) else { return [] }
        return zip(residuals, values).filter { $0.1 > 0 }.map { residual, value in
            let tip = Self.tip(residual.point.conditions, measured: residual.measured, predicted: value)
            let point = PlotPoint(
                x: residual.measured, y: value, low: nil, high: nil, tip: tip + ", fitted without this model",
                isHollow: true)
            return (residual.point.conditions, point)
        }
    }

    private static func tip(_ conditions: Conditions, measured: Double, predicted: Double) -> String {
        let bits =
            (conditions.labels["spec"] ?? conditions.bits.map { "\(Figures.bits($0)) bits" }).map { ", " + $0 } ?? ""
        return "\(Figures.count(conditions.params)) parameters, \(Figures.count(conditions.tokens)) tokens\(bits): "
            + "measured \(Figures.significant(measured)), predicted \(Figures.significant(predicted)) nats"
    }
}

extension Frame {
    /// Names the series in a column at the right, from the top.
    mutating func legend(_ series: [PlotSeries], hollow: String?) {
        var height = top + 8
        for one in series.reversed() {
            let marker = one.style.marker(x: right + 14, y: height)
            drawing.shapes.append(.tag("g", ["class": one.style.className], [marker]))
            drawing.texts.append(PlacedText(text: one.label, x: right + 22, y: height + 4))
            height += 16
        }
        guard let hollow else { return }
        let marker = (series.last?.style ?? SeriesStyle(rank: 0)).marker(x: right + 14, y: height + 6, hollow: true)
        drawing.shapes.append(.tag("g", ["class": "plain"], [marker]))
        drawing.texts.append(PlacedText(text: hollow, x: right + 22, y: height + 10))
    }
}
