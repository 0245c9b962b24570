/// A panel of the report's figures as files of its own, for a paper.
package struct FigureFile: Sendable, Equatable {
    /// Its place in the report and what it shows: `02-kl-against-training-tokens-at-3-bits`.
    package let name: String
    package let svg: String
    package let pdf: String

    /// Every panel that the report shows unfolded, in its order.
    static func all(_ document: Document) -> [FigureFile] {
        let figures = document.sections.flatMap(\.blocks).compactMap { block in
            if case .figure(let figure) = block, !figure.isFolded { figure } else { nil }
        }
        return figures.flatMap(\.panels).enumerated().map { place, panel in
            let number = (place < 9 ? "0" : "") + "\(place + 1)"
            return FigureFile(
                name: "\(number)-\(slug(panel.description))", svg: Poster.svg(panel), pdf: PDF.file(panel))
        }
    }

    /// Lower-case letters and digits, words joined by hyphens, cut at a word's end.
    private static func slug(_ text: String) -> String {
        let words = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        var name = ""
        for word in words where name.utf8.count + word.utf8.count < 60 { name += (name.isEmpty ? "" : "-") + word }
        return name
    }
}
