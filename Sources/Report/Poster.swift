/// The chart of QiD against training tokens as one file, for a README.
enum Poster {
    static let fileName = "qid-vs-tokens.svg"
    private static let panelWidth = 300.0
    private static let gap = 12.0

    /// The panels of the first scheme side by side, with what they need to look alike everywhere.
    static func svg(_ content: ReportContent) -> String {
        let scheme = Set(content.measurements.map(\.scheme)).min() ?? ""
        var chart = DegradationChart(content, scheme: scheme)
        chart.width = panelWidth
        let panels = chart.panels
        let width = Double(max(1, panels.count)) * (panelWidth + gap) + gap
        let height = (panels.map(\.height).max() ?? 100) + 2 * gap
        let size = (Figures.coordinate(width), Figures.coordinate(height))
        let placed = panels.enumerated().map { place, panel in
            Markup.tag(
                "svg",
                [
                    "x": Figures.coordinate(gap + Double(place) * (panelWidth + gap)), "y": Figures.coordinate(gap),
                    "width": Figures.coordinate(panel.width), "height": Figures.coordinate(panel.height),
                ], panel.shapes + panel.texts.map(\.markup))
        }
        let root = Markup.tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(size.0) \(size.1)", "width": size.0,
                "height": size.1, "role": "img",
                "aria-label": "QiD against training tokens, \(SchemeWords(scheme).words), by model size and bit width",
            ],
            [
                .tag("style", [:], Style.drawing),
                .tag("rect", ["class": "paper", "width": size.0, "height": size.1, "rx": "6"]),
            ] + placed)
        return root.text.drop { $0 == "\n" } + "\n"
    }
}
