internal import Compression
internal import Presentation

extension Document {
    /// Which method at which bit width: the chart with its front, the table of all specs, and methods in pairs.
    static func methods(_ content: ReportContent) -> Section? {
        guard let comparison = MethodComparison(content.measurements) else { return nil }
        let chart = Figure(
            caption: caption(comparison), panels: [MethodChart(comparison).drawing],
            narrow: [MethodChart(comparison, width: 420).drawing], size: .full,
            file: MethodChart.fileName)
        return Section(
            heading: "Which method at which bit width",
            blocks: [.paragraph(scope(comparison)), .figure(chart), .table(frontTable(comparison))]
                + [.table(specTable(comparison))] + pairBlocks(MethodPair.pairs(content.measurements)))
    }

    /// Over which checkpoints specs are compared, and which are not.
    private static func scope(_ comparison: MethodComparison) -> String {
        let (shared, all) = (comparison.placeCount, comparison.allPlaceCount)
        let compared =
            shared == 1 ? "at the one checkpoint" : "by their mean QiD over the same \(shared) checkpoints"
        let reason = shared < all ? ", of \(all), at which all of them were measured" : ""
        let meaning =
            shared == 1
            ? ""
            : " QiD grows with training and falls with size, so a mean says which spec is better, not what a model loses."
        return "Specs are compared \(compared)\(reason).\(meaning)\(omitted(comparison.leftOut))"
    }

    private static func omitted(_ specs: [String]) -> String {
        guard !specs.isEmpty else { return "" }
        return " Measured at too few of the checkpoints to be compared: \(specs.joined(separator: ", "))."
    }

    private static func caption(_ comparison: MethodComparison) -> String {
        let hidden = MethodChart(comparison).hiddenCount
        let below = hidden == 0 ? "" : " Arrows: QiD too small for a logarithmic axis, or below 0 (\(hidden))."
        let bars = comparison.placeCount == 1 ? " Bars: 95 % intervals of the measurement." : ""
        return """
            QiD against stored bits per weight, scales and zero points included. Line, filled marks and names: the Pareto \
            front, the specs that no other one beats with as few bits.\(bars)\(below)
            """
    }

    private static func frontTable(_ comparison: MethodComparison) -> Table {
        let isOne = comparison.placeCount == 1
        let rows = comparison.front.map { member in
            let spread =
                isOne
                ? [member.stderr.map { "± " + Figures.significant($0, digits: 2) } ?? ""]
                : [
                    "\(Figures.significant(member.lowest)) to \(Figures.significant(member.highest))",
                    "\(member.frontCount) of \(comparison.placeCount)",
                ]
            return [
                member.spec.name, Figures.fixed(member.bitsPerWeight, decimals: 2), Figures.significant(member.qid),
            ] + spread
        }
        let last: [(String, Table.Column.Kind)] =
            isOne ? [("standard error", .number)] : [("at single checkpoints", .number), ("on their fronts", .number)]
        let columns: [(String, Table.Column.Kind)] =
            [("spec", .text), ("bits per weight", .number), (isOne ? "QiD" : "mean QiD", .number)] + last
        return Table(
            caption: "The Pareto front: for more bits, less QiD, in nats per token",
            columns: columns.map { Table.Column(title: $0.0, kind: $0.1) }, rows: rows)
    }

    /// A row for each scheme, those of one form beside each other; a column for each bit width.
    private static func specTable(_ comparison: MethodComparison) -> Table {
        let widths = Set(comparison.members.map(\.bits)).sorted()
        var schemes: [(form: String, method: String, name: String)] = []
        for one in comparison.members.map(\.spec) where !schemes.contains(where: { $0.name == one.spec.scheme }) {
            schemes.append((one.spec.form, one.method, one.spec.scheme))
        }
        // Forms that many methods share come first: there they can be compared row by row.
        let sharing = Dictionary(grouping: schemes, by: \.form).mapValues(\.count)
        schemes.sort {
            (-(sharing[$0.form] ?? 0), $0.form, $0.method, $0.name)
                < (-(sharing[$1.form] ?? 0), $1.form, $1.method, $1.name)
        }
        var table = Table(caption: specCaption(comparison), columns: [], rows: [])
        table.columns = [Table.Column(title: "spec", kind: .text)]
        table.columns += widths.map {
            Table.Column(title: $0 == 1 ? "1 bit" : "\(Figures.bits($0)) bits", kind: .number)
        }
        for (row, scheme) in schemes.enumerated() {
            let found = widths.map { width in
                comparison.members.first { $0.spec.spec.scheme == scheme.name && $0.bits == width }
            }
            for (column, member) in found.enumerated() where member?.isOnFront == true {
                table.strong.insert(Table.Place(row: row, column: column + 1))
            }
            table.rows.append([scheme.name] + found.map { $0.map(cell) ?? "" })
        }
        return table
    }

    private static func specCaption(_ comparison: MethodComparison) -> String {
        let what = comparison.placeCount == 1 ? "QiD" : "Mean QiD over \(comparison.placeCount) checkpoints"
        return """
            \(what) by spec and nominal bits, in nats per token; in parentheses the stored bits per weight; strong: on the \
            front; 16 bits: what is kept is not rounded
            """
    }

    private static func cell(_ member: MethodComparison.Member) -> String {
        "\(Figures.significant(member.qid)) (\(Figures.fixed(member.bitsPerWeight, decimals: 2)))"
    }

    /// Sentences while there are few pairs, a table of all of them where there are more.
    private static func pairBlocks(_ pairs: [MethodPair]) -> [Block] {
        guard !pairs.isEmpty else { return [] }
        let meaning = """
            A cell of both is a checkpoint under two specs that differ in nothing but the method: equal bits, groups, symmetry \
            and all else. A method beats the other where its QiD is lower, by however little.
            """
        let shown = pairs.prefix(shownPairs).map { ListItem(text: $0.sentence, detail: "") }
        let all = pairs.count > shownPairs ? [Block.table(pairTable(pairs))] : []
        return [.paragraph(meaning), .findings(shown.map(\.text))] + all
    }

    static let shownPairs = 12

    private static func pairTable(_ pairs: [MethodPair]) -> Table {
        let widths = Set(pairs.flatMap { $0.counts.map(\.bits) }).sorted()
        let columns: [(String, Table.Column.Kind)] =
            [("method", .text), ("beats", .text), ("in", .text)] + widths.map { ("\(Figures.bits($0)) bits", .number) }
            + [("bits per weight", .number)]
        let rows = pairs.map { pair in
            let counts = widths.map { width in
                pair.counts.first { $0.bits == width }.map { "\($0.wins) of \($0.cells)" } ?? ""
            }
            let extra = Figures.fixed(pair.extraBitsPerWeight, decimals: 2)
            return [pair.method, pair.other, pair.forms.filter { !$0.isEmpty }.joined(separator: ", ")] + counts
                + [pair.extraBitsPerWeight > 0 ? "+" + extra : extra]
        }
        var table = Table(
            caption:
                "Every pair of methods: in how many cells the first has the lower QiD, and what it stores beyond the other",
            columns: columns.map { Table.Column(title: $0.0, kind: $0.1) }, rows: rows)
        table.isFolded = true
        return table
    }
}
