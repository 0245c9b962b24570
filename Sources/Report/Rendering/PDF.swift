internal import Presentation

/// A drawing as a PDF file of one page, of the drawing's size: to include in a paper.
///
/// PDF 1.4 without compression, in ASCII and without a date: equal drawings give equal bytes. The PDF Reference 1.7 has the
/// structure in 7.5 and the operators in its appendix A.
enum PDF {
    /// Points of 1/72 inch in a unit of drawings, a pixel of 1/96 inch.
    private static let scale = 0.75

    static func file(_ drawing: Drawing) -> String {
        let content = Content(drawing)
        let box = "[0 0 \(number(drawing.width * scale)) \(number(drawing.height * scale))]"
        let opacities = content.opacities.sorted().map { opacity in
            "/\(state(opacity)) << /ca \(number(opacity)) /CA \(number(opacity)) >>"
        }
        let fonts = ["Helvetica", "Helvetica-Bold", "Symbol"].enumerated().map { place, name in
            let encoding = name == "Symbol" ? "" : " /Encoding /WinAnsiEncoding"
            return "/F\(place) << /Type /Font /Subtype /Type1 /BaseFont /\(name)\(encoding) >>"
        }
        let resources =
            "<< /Font << \(fonts.joined(separator: " ")) >> /ExtGState << \(opacities.joined(separator: " ")) >> >>"
        return file(objects: [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox \(box) /Resources \(resources) /Contents 4 0 R >>",
            "<< /Length \(content.text.utf8.count) >>\nstream\n\(content.text)\nendstream",
            "<< /Title <FEFF\(drawing.description.utf16.map(Self.hexadecimal).joined())> /Producer (qid) >>",
        ])
    }

    /// Objects, which count from 1, with the table of where they begin; the first is the catalog, the last tells the title.
    private static func file(objects: [String]) -> String {
        var text = "%PDF-1.4\n"
        var table = "0000000000 65535 f \n"
        for (place, object) in objects.enumerated() {
            let offset = String(text.utf8.count)
            table += String(repeating: "0", count: 10 - offset.count) + offset + " 00000 n \n"
            text += "\(place + 1) 0 obj\n\(object)\nendobj\n"
        }
        let start = text.utf8.count
        return text + """
            xref
            0 \(objects.count + 1)
            \(table)trailer
            << /Size \(objects.count + 1) /Root 1 0 R /Info \(objects.count) 0 R >>
            startxref
            \(start)
            %%EOF

            """
    }

    private static func hexadecimal(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    fileprivate static func state(_ opacity: Double) -> String { "G\(Int((opacity * 100).rounded()))" }

    fileprivate static func number(_ value: Double) -> String {
        let text = Figures.trimmed(Figures.fixed(value, decimals: 3))
        return text.hasPrefix("−") ? "-" + text.dropFirst() : text
    }
}

/// What a page's operators are, for a drawing: its units, y downwards.
private struct Content {
    private(set) var text: String
    /// Each needs an entry in the page's resources.
    private(set) var opacities: Set<Double> = [1]

    init(_ drawing: Drawing) {
        text = "0.75 0 0 -0.75 0 \(PDF.number(drawing.height * 0.75)) cm"
        for shape in PaperShape.all(drawing) { add(shape) }
        for text in drawing.texts { add(text) }
    }

    private mutating func add(_ shape: PaperShape) {
        switch shape {
        case .path(let places, let isClosed, let look):
            let steps = places.enumerated().map { index, place in
                "\(PDF.number(place.x)) \(PDF.number(place.y)) \(index == 0 ? "m" : "l")"
            }
            paint(steps.joined(separator: " ") + (isClosed ? " h" : ""), look)
        case .rectangle(let box, let look): paint(rectangle(box), look)
        case .clipped(let box, let inside):
            text += "\nq \(rectangle(box)) W n"
            for shape in inside { add(shape) }
            text += "\nQ"
        }
    }

    private func rectangle(_ box: SIMD4<Double>) -> String {
        (0..<4).map { PDF.number(box[$0]) }.joined(separator: " ") + " re"
    }

    /// Fills first with its opacity, then strokes with its own.
    private mutating func paint(_ path: String, _ look: PaperLook) {
        if let fill = look.fill { text += "\nq \(state(look.fillOpacity)) \(colour(fill)) rg \(path) f Q" }
        guard let stroke = look.stroke else { return }
        let dash = look.isDashed ? " [3 4] 0 d" : ""
        let width = PDF.number(look.width / 0.75)
        text += "\nq \(state(look.strokeOpacity)) \(colour(stroke)) RG \(width) w\(dash) \(path) S Q"
    }

    private mutating func state(_ opacity: Double) -> String {
        opacities.insert(opacity)
        return "/\(PDF.state(opacity)) gs"
    }

    private func colour(_ colour: PaperColour) -> String {
        colour.bytes.map { PDF.number(Double($0) / 255) }.joined(separator: " ")
    }

    private mutating func add(_ placed: PlacedText) {
        let line = PDFText(placed.text)
        let shift =
            switch placed.anchor {
            case .start: 0.0
            case .middle: line.width * placed.size / 2
            case .end: line.width * placed.size
            }
        let place =
            placed.isVertical
            ? "0 -1 -1 0 \(PDF.number(placed.x)) \(PDF.number(placed.y + shift))"
            : "1 0 0 -1 \(PDF.number(placed.x - shift)) \(PDF.number(placed.y))"
        let shown = line.runs.map { run in
            let font = run.isSymbol ? "F2" : placed.isStrong ? "F1" : "F0"
            let bytes = run.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
            let (size, rise) = (PDF.number(placed.size * run.scale), PDF.number(run.rise * placed.size))
            return "/\(font) \(size) Tf \(rise) Ts <\(bytes)> Tj"
        }.joined(separator: " ")
        // A name over lines has the paper around it first.
        if placed.style.contains("halo") {
            text += "\nq \(state(1)) 1 1 1 RG 3 w 1 j BT 1 Tr \(place) Tm \(shown) ET Q"
        }
        text += "\nq \(state(1)) \(colour(placed.colour)) rg BT 0 Tr \(place) Tm \(shown) ET Q"
    }
}
