internal import Presentation
internal import ScalingLaws

/// Charts as files of their own, for a README.
enum Poster {
    static let fileName = "qid-vs-tokens.svg"
    private static let panelWidth = 300.0
    private static let gap = 12.0

    /// QiD against training tokens of the scheme with the most cells: its panels side by side.
    static func svg(_ content: ReportContent) -> String {
        let scheme = content.schemes.first ?? ""
        var chart = DegradationChart(content, scheme: scheme)
        chart.width = panelWidth
        return svg(
            chart.panels, panelWidth: panelWidth,
            label: "\(chart.quantity.symbol) against training tokens, \(chart.words.words), by model size and bit width"
        )
    }

    /// QiD against stored bits per weight; nil for fewer than two specs.
    static func methods(_ content: ReportContent) -> String? {
        guard let comparison = MethodComparison(content.measurements) else { return nil }
        return svg(MethodChart(comparison).drawing)
    }

    /// One drawing.
    static func svg(_ drawing: Drawing) -> String {
        svg([drawing], panelWidth: drawing.width, label: drawing.description)
    }

    /// Drawings side by side, with what they need to look alike everywhere.
    private static func svg(_ panels: [Drawing], panelWidth: Double, label: String) -> String {
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
                "aria-label": label,
            ],
            [
                .tag("style", [:], Style.drawing),
                .tag("rect", ["class": "paper", "width": size.0, "height": size.1, "rx": "6"]),
            ] + placed)
        return root.text.drop { $0 == "\n" } + "\n"
    }
}
