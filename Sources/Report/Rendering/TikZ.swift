/// A drawing as a TikZ picture, whose letters are then those of the paper that it stands in.
///
/// The page's style sheet says how classes look on screens; `looks` says the same for paper.
enum TikZ {
    /// What a document with drawings needs before it begins.
    static let preamble =
        "\\usepackage{tikz}\n"
        + [
            ("ink", "1d2126"), ("soft", "5b6570"), ("grid", "dde1e6"), ("s0", "0072b2"), ("s1", "c84c00"),
            ("s2", "00825f"), ("s3", "b0408f"), ("s4", "806500"), ("s5", "4b4fc4"),
        ].map { "\\definecolor{qid\($0.0)}{HTML}{\($0.1.uppercased())}\n" }.joined()
        + "\\colorlet{qidplain}{qidsoft}\\colorlet{qidc}{qidink}"

    static func picture(_ drawing: Drawing) -> String {
        let lines = drawing.shapes.flatMap(shape) + drawing.texts.map(text)
        return "\\begin{tikzpicture}[x=0.75bp,y=-0.75bp]\n" + lines.joined(separator: "\n") + "\n\\end{tikzpicture}"
    }

    private static func shape(_ markup: Markup) -> [String] {
        guard case .element(let name, let attributes, let inside) = markup else { return [] }
        let values = Dictionary(attributes.map { ($0.name, $0.value) }) { $1 }
        switch name {
        case "line":
            let ends = ["x1", "y1", "x2", "y2"].map { values[$0] ?? "0" }
            return ["\\draw[\(look(values))] (\(ends[0]),\(ends[1])) -- (\(ends[2]),\(ends[3]));"]
        case "path": return ["\\path[\(look(values))] \(path(values["d"] ?? ""));"]
        case "g":
            let colour = (values["class"] ?? "").isEmpty ? "" : "\\colorlet{qidc}{qid\(values["class"] ?? "")}"
            return ["\\begin{scope}" + colour] + inside.flatMap(shape) + ["\\end{scope}"]
        case "svg":
            let box = ["x", "y", "width", "height"].map { values[$0] ?? "0" }
            return ["\\begin{scope}\\clip (\(box[0]),\(box[1])) rectangle ++(\(box[2]),\(box[3]));"]
                + inside.flatMap(shape) + ["\\end{scope}"]
        default: return []
        }
    }

    /// `M1 2L3 4Z` as `(1,2) -- (3,4) -- cycle`.
    private static func path(_ steps: String) -> String {
        let isClosed = steps.hasSuffix("Z")
        let places = steps.split { "MLZ".contains($0) }.map { "(" + $0.replacing(" ", with: ",") + ")" }
        return (places + (isClosed ? ["cycle"] : [])).joined(separator: " -- ")
    }

    private static func look(_ values: [String: String]) -> String {
        let classes = (values["class"] ?? "").split(separator: " ").map(String.init)
        return classes.compactMap { looks[$0] }.joined(separator: ",")
    }

    private static let looks = [
        "grid": "draw=qidgrid,line width=.5bp", "minor": "draw opacity=.45", "axis": "draw=qidsoft,line width=.5bp",
        "band": "fill=qidc,fill opacity=.1", "curve": "draw=qidc,line width=1.2bp",
        "bar": "draw=qidc,line width=.9bp", "tie": "draw=qidc,line width=.5bp",
        "mark": "fill=qidc,draw=white,line width=.5bp", "hollow": "fill=white,draw=qidc,line width=1bp",
        "front": "draw=qidink,line width=.9bp,draw opacity=.75", "leader": "draw=qidsoft,line width=.5bp",
        "diagonal": "draw=qidsoft,line width=.7bp", "factor": "draw=qidsoft,line width=.5bp,dashed",
    ]

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
        let weight = text.style == "panel" ? "\\bfseries" : ""
        let colour = ["tick", "title"].contains(text.style) ? "qidsoft" : "qidink"
        return "\\node[anchor=\(anchor),inner sep=0,text=\(colour),font=\(font)\(weight)\(turned)] at "
            + "(\(rounded(text.x)),\(rounded(text.y))) {\(LaTeXText.escape(text.text))};"
    }

    private static func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
