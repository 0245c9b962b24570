internal import Presentation

/// A chart as shapes and texts; texts are kept apart from the shapes so that tests can ask whether any two overlap.
struct Drawing: Sendable, Equatable {
    let width: Double
    let height: Double
    /// What the drawing shows, for readers that do not see it.
    let description: String
    var shapes: [Markup] = []
    var texts: [PlacedText] = []

    /// The drawing as an SVG element that fills the width it is given.
    var markup: Markup {
        .tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": "0 0 \(Figures.coordinate(width)) \(Figures.coordinate(height))",
                "role": "img", "aria-label": description,
            ], shapes + texts.map(\.markup))
    }

    mutating func line(from a: (x: Double, y: Double), to b: (x: Double, y: Double), class name: String) {
        shapes.append(Self.line(from: a, to: b, class: name))
    }

    static func line(from a: (x: Double, y: Double), to b: (x: Double, y: Double), class name: String) -> Markup {
        .tag(
            "line",
            [
                "class": name, "x1": Figures.coordinate(a.x), "y1": Figures.coordinate(a.y),
                "x2": Figures.coordinate(b.x),
                "y2": Figures.coordinate(b.y),
            ])
    }

    /// A path through points in their order.
    static func path(_ points: [(x: Double, y: Double)], closed: Bool = false, class name: String) -> Markup {
        let steps = points.enumerated().map { index, point in
            (index == 0 ? "M" : "L") + Figures.coordinate(point.x) + " " + Figures.coordinate(point.y)
        }
        return .tag("path", ["class": name, "d": steps.joined() + (closed ? "Z" : "")])
    }
}

/// A line of text in a drawing.
struct PlacedText: Sendable, Equatable {
    enum Anchor: String, Sendable { case start, middle, end }

    var text: String
    var x: Double
    /// Of the baseline.
    var y: Double
    var anchor: Anchor = .start
    var size = 12.0
    var style = "label"
    /// Written from bottom to top around (x, y).
    var isVertical = false

    /// The width of a text in the page's sans-serif, estimated from above.
    static func width(of text: String, size: Double) -> Double { Double(text.count) * size * 0.6 }

    /// Left, top, right, bottom.
    var box: (left: Double, top: Double, right: Double, bottom: Double) {
        let width = Self.width(of: text, size: size)
        let shift =
            switch anchor {
            case .start: 0.0
            case .middle: width / 2
            case .end: width
            }
        if isVertical { return (x - size * 0.8, y - width + shift, x + size * 0.2, y + shift) }
        return (x - shift, y - size * 0.8, x - shift + width, y + size * 0.2)
    }

    var markup: Markup {
        let (left, base) = (Figures.coordinate(x), Figures.coordinate(y))
        var attributes = [
            Markup.Attribute(name: "class", value: style), Markup.Attribute(name: "x", value: left),
            Markup.Attribute(name: "y", value: base), Markup.Attribute(name: "text-anchor", value: anchor.rawValue),
            Markup.Attribute(name: "font-size", value: Figures.coordinate(size)),
        ]
        if isVertical { attributes.append(Markup.Attribute(name: "transform", value: "rotate(-90 \(left) \(base))")) }
        return .element("text", attributes, [.text(text)])
    }
}
