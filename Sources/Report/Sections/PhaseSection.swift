internal import Presentation
internal import RealModule
internal import Records
internal import ScalingLaws

extension Document {
    /// What the decay of the learning rate changes, where runs have checkpoints before and after it.
    static func phases(_ content: ReportContent) -> Section? {
        guard let first = content.phaseFindings.first else { return nil }
        let symbol = first.comparison.fits.first?.law.quantity.symbol ?? "KL"
        let text = """
            A checkpoint whose learning rate has been brought down to nothing minds compression otherwise than one at a constant \
            rate that has seen as many tokens: its \(symbol) is so many times that of the other. The factor is that of a law \
            with a constant and an exponent of D for either phase, over the sizes that have both; 95 % intervals, points of \
            one training run resampled together. Where an interval holds 1, the data do not tell the phases apart there.
            """
        return Section(
            heading: "Before and after the learning rate falls",
            blocks: [
                .paragraph(text), .table(ratios(content.phaseFindings, symbol)), .table(laws(content.phaseFindings)),
            ])
    }

    private static func ratios(_ findings: [PhaseFinding], _ symbol: String) -> Table {
        let tokens = Set(findings.flatMap { $0.comparison.ratios.map(\.tokens) }).sorted()
        let rows = findings.map { finding in
            let comparison = finding.comparison
            return [
                "\(finding.family) \(finding.scheme)", comparison.sizes.map(Figures.count).joined(separator: ", "),
                "\(comparison.runs)",
            ]
                + tokens.map { tokens in
                    comparison.ratios.first { $0.tokens == tokens }.map { one in
                        Figures.estimate(one.ratio.value, low: one.ratio.low, high: one.ratio.high)
                    } ?? ""
                }
        }
        let columns =
            [
                Table.Column(title: "points", kind: .text), Table.Column(title: "N", kind: .number),
                Table.Column(title: "runs", kind: .number),
            ] + tokens.map { Table.Column(title: "D \(Figures.count($0))", kind: .number) }
        return Table(
            caption: "\(symbol) of annealed checkpoints over that of others at a constant rate", columns: columns,
            rows: rows)
    }

    private static func laws(_ findings: [PhaseFinding]) -> Table {
        let names = findings.first?.comparison.fits.first?.parameters ?? []
        let rows = findings.flatMap { finding in
            finding.comparison.fits.map { fit in
                ["\(finding.family) \(finding.scheme)", fit.phase?.rawValue ?? "", "\(fit.n)"]
                    + names.map { name in
                        fit.parameters.first { $0.name == name.name }.map { one in
                            Figures.estimate(one.value, low: one.low, high: one.high)
                                + (one.isFixed ? ", held fixed" : one.identified ? "" : ", not identified")
                        } ?? ""
                    }
            }
        }
        let columns =
            [
                Table.Column(title: "points", kind: .text), Table.Column(title: "phase", kind: .text),
                Table.Column(title: "cells", kind: .number),
            ] + names.map { Table.Column(title: $0.symbol, kind: .number) }
        let law = findings.first?.comparison.fits.first?.law
        return Table(
            caption: "The law of either phase by itself: " + (law.map { "⟦\($0.display)⟧" } ?? ""), columns: columns,
            rows: rows)
    }
}
