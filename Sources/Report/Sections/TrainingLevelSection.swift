internal import Presentation
internal import RealModule
internal import Records
internal import ScalingLaws

extension Document {
    /// The tokens at which QiD reaches a threshold: a row for each scheme and size, a column for each bit width.
    static func trainingLevel(_ content: ReportContent) -> Section? {
        let laws = content.laws.filter { !$0.trainingLevels.isEmpty }
        guard let first = laws.first, let threshold = first.trainingLevels.first?.threshold else { return nil }
        let share = Figures.significant((1 - Double.exp(-threshold)) * 100, digits: 2)
        let text = """
            The training level of a model is the number of training tokens at which its \(first.fit.law.quantity.symbol) reaches \
            \(Figures.significant(threshold, trimmed: true)) nats: trained for longer, it loses more than \(share) % of the \
            likelihood of each token to this compression. From \(first.fit.law.name), with 95 % intervals; "12× out" says \
            that an answer lies a factor of 12 in N or D beyond the data, and no such note that it lies inside.
            """
        return Section(heading: "Training level", blocks: [.table(table(laws, among: content.laws)), .paragraph(text)])
    }

    private static func table(_ laws: [FittedScheme], among all: [FittedScheme]) -> Table {
        let widths = Set(laws.flatMap(\.trainingLevels).map { $0.at.bits ?? 16 }).sorted(by: >)
        let rows = laws.flatMap { one in
            Set(one.trainingLevels.map(\.at.params)).sorted().map { size in
                let ofSize = one.trainingLevels.filter { $0.at.params == size }
                return [one.name(among: all), Figures.count(size)]
                    + widths.map { width in ofSize.first { ($0.at.bits ?? 16) == width }.map(cell) ?? "" }
            }
        }
        let columns =
            [Table.Column(title: "scheme", kind: .text), Table.Column(title: "N", kind: .number)]
            + widths.map { Table.Column(title: "D at \(Figures.bits($0)) bits", kind: .number) }
        let threshold = laws.first?.trainingLevels.first?.threshold ?? 0
        return Table(
            caption:
                "Training tokens at which \(laws.first?.fit.law.quantity.symbol ?? "QiD") reaches \(Figures.significant(threshold, trimmed: true)) nats",
            columns: columns, rows: rows)
    }

    /// `4.2M (1.3× out) [2.5M, 8.1M]`.
    private static func cell(_ level: TrainingLevel) -> String {
        guard let tokens = level.tokens else { return "not reached" }
        let beyond =
            level.beyondHull.map { $0 > 1 ? " (\(Figures.significant($0, digits: 2))×\u{a0}out)" : "" } ?? ""
        let ends = [tokens.low, tokens.high].map { $0.isFinite ? Figures.count($0) : "∞" }
        return "\(Figures.count(tokens.value))\(beyond) [\(ends[0]), \(ends[1])]"
    }
}
