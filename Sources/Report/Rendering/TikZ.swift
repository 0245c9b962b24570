internal import Presentation

/// A drawing as a TikZ picture, whose letters are then those of the paper that it stands in.
enum TikZ {
    /// What a document with drawings needs before it begins.
    static let preamble =
        "\\usepackage{tikz}\n"
        + PaperColour.all.map { colour in
            let digits = colour.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
            return "\\definecolor{qid\(colour.name)}{HTML}{\(digits)}"
        }.joined(separator: "\n")

    static func picture(_ drawing: Drawing) -> String {
        let lines = PaperShape.all(drawing).flatMap(shape) + drawing.texts.map(text)
        return "\\begin{tikzpicture}[x=0.75bp,y=-0.75bp]\n" + lines.joined(separator: "\n") + "\n\\end{tikzpicture}"
    }

    private static func shape(_ shape: PaperShape) -> [String] {
        switch shape {
        case .path(let places, let isClosed, let look):
            let steps = places.map { "(\(Figures.coordinate($0.x)),\(Figures.coordinate($0.y)))" }
            return ["\\path[\(options(look))] \((steps + (isClosed ? ["cycle"] : [])).joined(separator: " -- "));"]
        case .rectangle(let box, let look): return ["\\path[\(options(look))] \(rectangle(box));"]
        case .clipped(let box, let inside):
            return ["\\begin{scope}\\clip \(rectangle(box));"] + inside.flatMap(self.shape) + ["\\end{scope}"]
        }
    }

    private static func rectangle(_ box: SIMD4<Double>) -> String {
        let numbers = (0..<4).map { Figures.coordinate(box[$0]) }
        return "(\(numbers[0]),\(numbers[1])) rectangle ++(\(numbers[2]),\(numbers[3]))"
    }

    private static func options(_ look: PaperLook) -> String {
        var options: [String] = []
        if let fill = look.fill {
            options.append("fill=qid\(fill.name)")
            if look.fillOpacity < 1 { options.append("fill opacity=\(rounded(look.fillOpacity))") }
        }
        if let stroke = look.stroke {
            options += ["draw=qid\(stroke.name)", "line width=\(rounded(look.width))bp"]
            if look.strokeOpacity < 1 { options.append("draw opacity=\(rounded(look.strokeOpacity))") }
            if look.isDashed { options.append("dashed") }
        }
        return options.joined(separator: ",")
    }

    private static func text(_ text: PlacedText) -> String {
        let anchor =
            switch text.anchor {
            case .start: "base west"
            case .middle: "base"
            case .end: "base east"
            }
        let size = text.size * 0.7
        let font = "\\fontsize{\(rounded(size))}{\(rounded(size * 1.2))}\\selectfont"
        let turned = text.isVertical ? ",rotate=90" : ""
        let weight = text.isStrong ? "\\bfseries" : ""
        return "\\node[anchor=\(anchor),inner sep=0,text=qid\(text.colour.name),font=\(font)\(weight)\(turned)] at "
            + "(\(rounded(text.x)),\(rounded(text.y))) {\(LaTeXText.escape(text.text))};"
    }

    private static func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}

extension PlacedText {
    /// A panel's title.
    var isStrong: Bool { style == "panel" }
    /// On paper.
    var colour: PaperColour { style == "tick" || style == "title" ? .soft : .ink }
}
