internal import Presentation
internal import RealModule
internal import Records
internal import ScalingLaws

extension Document {
    /// The laws of each scheme in the order in which they predict what they have not seen.
    static func whichLaw(_ content: ReportContent) -> Section? {
        guard !content.rankings.isEmpty else { return nil }
        let hasFamilies = Set(content.rankings.map(\.family)).count > 1
        let rows = content.rankings.flatMap { ranking in
            ranking.laws.enumerated().map { place, one in
                [hasFamilies ? "\(ranking.family) \(ranking.scheme)" : ranking.scheme] + row(one, place: place + 1)
            }
        }
        let columns: [(String, Table.Column.Kind)] = [
            ("scheme", .text), ("rank", .number), ("law", .text), ("points", .number), ("held out: off by", .number),
            ("AICc above the best", .number), ("BIC", .number),
        ]
        let text = """
            Trust the law that is off by less on points held out (the largest model, the last decade of D), the more so the \
            further a prediction lies from the data; among laws that are equally far off, the one with the lower AICc: \
            10 more is strong evidence against a law. It counts effective points: residuals of one run go together, so that \
            they say less than their number.
            """
        let table = Table(
            caption: "The laws ranked on the same points with the same objective",
            columns: columns.map { Table.Column(title: $0.0, kind: $0.1) }, rows: rows)
        return Section(heading: "Which law", blocks: [.table(table), .paragraph(text)])
    }

    private static func row(_ ranked: RankedLaw, place: Int) -> [String] {
        guard let fit = try? ranked.outcome.get() else { return ["", ranked.law.name, "not fitted", "", "", ""] }
        return [
            "\(place)", ranked.law.name, "\(fit.n)",
            ranked.heldOutError.map { "×\u{a0}" + Figures.significant(Double.exp($0)) } ?? "",
            ranked.excessAICc.map { Figures.fixed($0, decimals: 1) } ?? "", Figures.fixed(fit.bic, decimals: 1),
        ]
    }
}
