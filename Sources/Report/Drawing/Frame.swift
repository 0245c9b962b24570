internal import Presentation

/// A plot area with two logarithmic axes, its grid, its labels and room for legends at the right.
struct Frame {
    var drawing: Drawing
    let x: LogAxis
    let y: LogAxis
    let left = 56.0
    let right: Double
    let top: Double
    let bottom: Double

    struct Titles {
        let panel: String
        let x: String
        let y: String
        let description: String
    }

    init(
        _ titles: Titles, width: Double, x xDomain: ClosedRange<Double>, y yDomain: ClosedRange<Double>,
        plotHeight: Double, rightMargin: Double, xLabels: [Double]? = nil
    ) {
        top = 30
        bottom = top + plotHeight
        right = width - rightMargin
        x = LogAxis(domain: xDomain, start: left, end: right, labels: xLabels)
        y = LogAxis(domain: yDomain, start: bottom, end: top)
        drawing = Drawing(width: width, height: bottom + 42, description: titles.description)
        drawing.texts.append(PlacedText(text: titles.panel, x: left, y: 16, size: 14, style: "panel"))
        drawAxes(titles)
    }

    private mutating func drawAxes(_ titles: Titles) {
        for tick in x.ticks {
            let place = x.position(tick.value)
            drawing.line(from: (place, top), to: (place, bottom), class: tick.isMajor ? "grid" : "grid minor")
            guard tick.isMajor else { continue }
            drawing.texts.append(
                PlacedText(text: Figures.count(tick.value), x: place, y: bottom + 16, anchor: .middle, style: "tick"))
        }
        for tick in y.ticks {
            let place = y.position(tick.value)
            drawing.line(from: (left, place), to: (right, place), class: tick.isMajor ? "grid" : "grid minor")
            guard tick.isMajor else { continue }
            drawing.texts.append(
                PlacedText(text: Self.nats(tick.value), x: left - 6, y: place + 4, anchor: .end, style: "tick"))
        }
        drawing.line(from: (left, bottom), to: (right, bottom), class: "axis")
        drawing.line(from: (left, top), to: (left, bottom), class: "axis")
        let middle = (x: (left + right) / 2, y: (top + bottom) / 2)
        drawing.texts.append(PlacedText(text: titles.x, x: middle.x, y: bottom + 35, anchor: .middle, style: "title"))
        drawing.texts.append(
            PlacedText(text: titles.y, x: 11, y: middle.y, anchor: .middle, style: "title", isVertical: true))
        dropCrowdedTicks()
    }

    /// Takes away tick labels that would touch the one before: 2 and 3 of a decade that is drawn small.
    private mutating func dropCrowdedTicks() {
        var kept: [PlacedText] = []
        for text in drawing.texts {
            let touches = text.style == "tick" && kept.contains { $0.style == "tick" && Self.touch($0, text) }
            if !touches { kept.append(text) }
        }
        drawing.texts = kept
    }

    private static func touch(_ a: PlacedText, _ b: PlacedText) -> Bool {
        let (a, b) = (a.box, b.box)
        return a.left < b.right + 3 && b.left < a.right + 3 && a.top < b.bottom && b.top < a.bottom
    }

    /// Adds shapes, in the drawing's coordinates, of which only what lies in the plot area is seen.
    mutating func add(clipped shapes: [Markup]) {
        let box = [left, top, right - left, bottom - top].map(Figures.coordinate)
        drawing.shapes.append(
            .tag(
                "svg",
                [
                    "x": box[0], "y": box[1], "width": box[2], "height": box[3],
                    "viewBox": box.joined(separator: " "),
                ], shapes))
    }

    private static func nats(_ value: Double) -> String { Figures.trimmed(Figures.significant(value, digits: 2)) }
}
