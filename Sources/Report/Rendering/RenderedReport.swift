/// A report in every form; equal contents give equal bytes.
package struct RenderedReport: Sendable, Equatable {
    /// One page that needs nothing else.
    package let html: String
    /// Refers to the plots beside it by `plotFileName` and `methodPlotFileName`.
    package let markdown: String
    package let json: String
    /// A document of LaTeX to cut out of for a paper.
    package let latex: String
    /// QiD against training tokens as an SVG file of its own.
    package let plot: String

    /// QiD against stored bits per weight likewise; nil where there are no specs to compare.
    package let methodPlot: String?
    /// The charts one by one, as SVG and PDF.
    package let figures: [FigureFile]

    /// The names under which the Markdown refers to the plots.
    package static var plotFileName: String { Poster.fileName }
    package static var methodPlotFileName: String { MethodChart.fileName }

    /// Puts a report's content into words, tables and charts.
    package init(_ content: ReportContent) {
        let document = Document(content)
        html = Page.html(document)
        markdown = MarkdownText.text(document)
        json = ReportJSON.text(content)
        latex = LaTeXText.text(document)
        figures = FigureFile.all(document)
        plot = Poster.svg(content)
        methodPlot = Poster.methods(content)
    }
}
