/// How shapes look on paper, where colours are fixed; the page's style sheet says the same for screens.
struct PaperLook: Sendable, Equatable {
    var stroke: PaperColour?
    var fill: PaperColour?
    /// In points of 1/72 inch.
    var width = 0.5
    var strokeOpacity = 1.0
    var fillOpacity = 1.0
    var isDashed = false

    /// The look that a shape's classes give it, of which later ones have the say; `series` is the colour around it.
    init(classes: some Sequence<Substring>, series: PaperColour) {
        for name in classes {
            switch name {
            case "grid": stroke = .grid
            case "minor": strokeOpacity = 0.45
            case "axis", "leader": stroke = .soft
            case "band": (fill, fillOpacity) = (series, 0.1)
            case "curve": (stroke, width) = (series, 1.2)
            case "bar": (stroke, width) = (series, 0.9)
            case "tie": stroke = series
            case "mark": (fill, stroke) = (series, .paper)
            case "hollow": (fill, stroke, width) = (.paper, series, 1)
            case "front": (stroke, width, strokeOpacity) = (.ink, 0.9, 0.75)
            case "diagonal": (stroke, width) = (.soft, 0.7)
            case "factor": (stroke, isDashed) = (.soft, true)
            case "heat": fill = .series(1)
            case "unknown": stroke = .grid
            default: break
            }
        }
    }
}

/// A colour of drawings, by its name in them.
struct PaperColour: Sendable, Equatable {
    let name: String
    /// Red, green and blue.
    let bytes: [UInt8]

    static let ink = Self(name: "ink", bytes: [0x1d, 0x21, 0x26])
    static let soft = Self(name: "soft", bytes: [0x5b, 0x65, 0x70])
    static let grid = Self(name: "grid", bytes: [0xdd, 0xe1, 0xe6])
    static let paper = Self(name: "paper", bytes: [0xff, 0xff, 0xff])

    static func series(_ rank: Int) -> Self { seriesColours[rank % seriesColours.count] }

    private static let seriesColours: [PaperColour] = [
        [0x00, 0x72, 0xb2], [0xc8, 0x4c, 0x00], [0x00, 0x82, 0x5f], [0xb0, 0x40, 0x8f], [0x80, 0x65, 0x00],
        [0x4b, 0x4f, 0xc4],
    ].enumerated().map { Self(name: "s\($0)", bytes: $1) }

    static let all = [ink, soft, grid, paper] + seriesColours
}

/// A shape of a drawing with nothing left to look up, in the drawing's coordinates: for what is no SVG.
indirect enum PaperShape: Sendable, Equatable {
    case path([SIMD2<Double>], isClosed: Bool, PaperLook)
    /// Corner and size.
    case rectangle(SIMD4<Double>, PaperLook)
    /// Of the shapes only what lies in the rectangle is seen.
    case clipped(SIMD4<Double>, [PaperShape])

    /// The shapes of a drawing.
    static func all(_ drawing: Drawing) -> [PaperShape] {
        drawing.shapes.flatMap { shapes($0, series: .soft) }
    }

    private static func shapes(_ markup: Markup, series: PaperColour) -> [PaperShape] {
        guard case .element(let name, let attributes, let inside) = markup else { return [] }
        let values = Dictionary(attributes.map { ($0.name, $0.value) }) { $1 }
        func number(_ name: String) -> Double { values[name].flatMap(Double.init) ?? 0 }
        let classes = (values["class"] ?? "").split(separator: " ")
        var look = PaperLook(classes: classes, series: series)
        if values["fill-opacity"] != nil { look.fillOpacity = number("fill-opacity") }
        let box = SIMD4(number("x"), number("y"), number("width"), number("height"))
        switch name {
        case "line":
            let ends = [SIMD2(number("x1"), number("y1")), SIMD2(number("x2"), number("y2"))]
            return [.path(ends, isClosed: false, look)]
        case "path": return [path(values["d"] ?? "", look)]
        case "rect": return [.rectangle(box, look)]
        case "svg": return [.clipped(box, inside.flatMap { shapes($0, series: series) })]
        case "g":
            let own = PaperColour.all.first { classes.contains(Substring($0.name)) }
            return inside.flatMap { shapes($0, series: own ?? series) }
        default: return []
        }
    }

    /// `M1 2L3 4Z`, which is all that drawings write.
    private static func path(_ steps: String, _ look: PaperLook) -> PaperShape {
        let places = steps.split { "MLZ".contains($0) }.map { step in
            let numbers = step.split(separator: " ").compactMap { Double($0) }
            return SIMD2(numbers.first ?? 0, numbers.last ?? 0)
        }
        return .path(places, isClosed: steps.hasSuffix("Z"), look)
    }
}
