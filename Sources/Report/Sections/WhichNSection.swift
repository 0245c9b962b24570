internal import Presentation
internal import RealModule
internal import Records
internal import ScalingLaws

extension Document {
    /// Which count of a model's size predicts sizes that were held out.
    static func whichN(_ content: ReportContent) -> Section? {
        guard !content.sizeFindings.isEmpty else { return nil }
        let measures = SizeChoice.Measure.allCases.filter { measure in
            content.sizeFindings.contains { $0.choice.candidates.contains { $0.measure == measure } }
        }
        let rows = content.sizeFindings.map { finding in
            ["\(finding.family) \(finding.scheme)"]
                + measures.map { measure in
                    guard let one = finding.choice.candidates.first(where: { $0.measure == measure }) else { return "" }
                    return one.error.map { "×\u{a0}" + Figures.significant(Double.exp($0)) } ?? "not identified"
                } + [finding.choice.chosen?.measure.rawValue ?? "none"]
        }
        let columns =
            [Table.Column(title: "points", kind: .text)]
            + measures.map { measure in
                let name = measure == .distortion ? measure.rawValue : "N as \(measure.rawValue)"
                return Table.Column(title: name + ": off by", kind: .number)
            }
            + [Table.Column(title: "chosen", kind: .text)]
        let text = """
            Which count of size a law should have is a question for data: each is fitted without one size after the other, and \
            the one that is off by least over all of them is chosen. A law of layers' errors and a probe of each checkpoint, where \
            they are measured, needs no N, and predicts models that are there.
            """
        let foretold = content.sizeFindings.compactMap { finding in
            finding.choice.foretold.map { ListItem(text: $0.sentence, detail: "\(finding.family) \(finding.scheme)") }
        }
        let table = Table(caption: "Laws of size, each size held out in turn", columns: columns, rows: rows)
        return Section(
            heading: "Which N",
            blocks: [.paragraph(text), .table(table)] + (foretold.isEmpty ? [] : [.list(foretold)]))
    }
}
