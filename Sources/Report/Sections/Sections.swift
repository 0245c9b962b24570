internal import Evaluation
internal import LanguageModel
internal import Records
internal import ScalingLaws

extension Document {
    /// Puts a report's content into the order in which it is read.
    init(_ content: ReportContent) {
        let run = content.run
        let most = run.target == nil ? "" : "at most "
        let windows =
            run.windows > 0 ? "\(run.shard): \(most)\(run.windows) windows of \(run.contextTokens) tokens" : run.shard
        let scored = ([windows] + (content.measurements.first?.scored.words ?? [])).joined(separator: ", ")
        let facts = [
            run.date, "\(content.measurements.count) cells", scored.isEmpty ? nil : scored, "qid \(run.programVersion)",
            run.lockDigest.isEmpty ? nil : "lock \(run.lockDigest.prefix(12))",
        ]
        self.init(
            title: content.title, lead: markedHeadline(for: content), facts: facts.compactMap(\.self),
            sections: [
                Self.methods(content), Self.degradation(content), Self.agreement(content), Self.layers(content),
                Self.laws(content),
                Self.whichLaw(content), Self.whichN(content), Self.phases(content), Self.predictions(content),
                Self.trainingLevel(content),
                Self.warnings(content),
                Self.unused(content), Self.cells(content), Self.repetition(content),
            ].compactMap(\.self), explorer: Explorer(content))
    }

    private static func degradation(_ content: ReportContent) -> Section? {
        let charts = content.schemes.map { DegradationChart(content, scheme: $0) }.filter(\.showsGrowth)
        guard !charts.isEmpty else { return nil }
        let figures = charts.enumerated().map { place, chart in
            Block.figure(
                Figure(
                    caption: caption(chart), panels: chart.panels, isFolded: place >= shownSchemes,
                    file: chart.scheme == content.schemes.first ? Poster.fileName : nil))
        }
        let meaning = """
            KL is the mean divergence of a compressed model's predictions from those of the same model in 16 bits, QiD the loss \
            of the first minus the loss of the second on the same text, both in nats per token: a QiD of 0.2 means that the \
            likelihood of each token falls to ⟦e^−0.2⟧ ≈ 0.8 of what it was. Where compression acts as noise both are about \
            equal, and KL is known from far less text.
            """
        return Section(
            heading: "\(content.quantity.symbol) against training tokens", blocks: [.paragraph(meaning)] + figures)
    }

    /// The schemes whose charts are seen at once; those of the others unfold.
    private static let shownSchemes = 4
    /// The panels of predictions that are seen at once; more unfold.
    private static let shownPanels = 12

    private static func caption(_ chart: DegradationChart) -> String {
        let words = chart.words.words
        let lines =
            chart.laws.first.map { " Curves: \($0.fit.law.name), ⟦\($0.fit.law.display)⟧, with 95 % bands." } ?? ""
        let hidden = chart.cells.count { $0.damage(chart.quantity) <= 0 }
        let below =
            hidden == 0
            ? ""
            : " Hollow arrows: \(chart.quantity.symbol) of 0 or less, which a logarithmic axis cannot show (\(hidden))."
        return "\(words.prefix(1).uppercased() + words.dropFirst()), by non-embedding parameters. "
            + "Bars: 95 % intervals of the measurement.\(lines)\(below)"
    }

    private static func agreement(_ content: ReportContent) -> Section? {
        let panels = content.laws.compactMap { AgreementChart(content, law: $0).panel }
        guard !panels.isEmpty else { return nil }
        let hidden = content.laws.reduce(0) { $0 + AgreementChart.hidden($1.fit) }
        let note = hidden == 0 ? "" : " Pairs with a value of 0 or less are not shown (\(hidden))."
        let caption =
            "On the line the law says what was measured; dashed: off by a factor of 2. "
            + "Hollow: the largest model, predicted by the law fitted without it.\(note)"
        return Section(
            heading: "Predicted against measured",
            blocks: [
                .figure(
                    Figure(
                        caption: caption, panels: panels, size: .wide, isFolded: panels.count > shownPanels, file: nil))
            ])
    }

    private static func laws(_ content: ReportContent) -> Section? {
        guard !content.laws.isEmpty else { return nil }
        return Section(
            heading: "Fitted laws",
            blocks: Tables.parameters(content.laws).map(Block.table)
                + [.paragraph(PublishedValues.note), .table(Tables.laws(content.laws))])
    }

    private static func predictions(_ content: ReportContent) -> Section? {
        guard content.laws.contains(where: { !$0.predictions.isEmpty }) else { return nil }
        let note = """
            Intervals say how well the law's parameters are known if the law holds. How far a prediction lies beyond the data is \
            the factor in N or D to the nearest measured point's hull: the further out, the less an interval is worth. Beyond \
            it an interval is at least as wide as the law's error on what was held out that way.
            """
        return Section(heading: "Predictions", blocks: [.table(Tables.predictions(content.laws)), .paragraph(note)])
    }

    private static func warnings(_ content: ReportContent) -> Section? {
        let items = content.warnings.map { ListItem(text: $0.text, detail: $0.scopes.joined(separator: "; ")) }
        guard !items.isEmpty else { return nil }
        return Section(heading: "Warnings", blocks: [.list(items)])
    }

    private static func unused(_ content: ReportContent) -> Section? {
        let left = Tables.leftOut(content.laws)
        let failed = Tables.failures(content.failures)
        let doubtful = Tables.findings(content)
        let blocks = [doubtful, left, failed].filter { !$0.rows.isEmpty }.map(Block.table)
        return blocks.isEmpty ? nil : Section(heading: "Left out", blocks: blocks)
    }

    private static func cells(_ content: ReportContent) -> Section? {
        guard !content.measurements.isEmpty else { return nil }
        return Section(heading: "Measurements", blocks: [.table(Tables.cells(content.measurements))])
    }

    private static func repetition(_ content: ReportContent) -> Section? {
        guard !content.run.lockDigest.isEmpty else { return nil }
        let text = """
            The run's manifest.lock.yaml holds the digests of every input and all parameters; `qid verify manifest.lock.yaml` repeats \
            it and compares. Lock \(content.run.lockDigest), qid \(content.run.programVersion).
            """
        return Section(heading: "To repeat this", blocks: [.paragraph(text)])
    }
}

extension MeasuredCell.ScoredText {
    /// By which rules windows and their tokens were taken, in words.
    fileprivate var words: [String] {
        [
            order.seed.map { "in random order (seed \($0))" } ?? "from its start",
            tokens == .all ? nil : "their second halves",
            rules?.documents == .separate ? "of one document each" : nil,
            rules?.bos == true ? "each behind a BOS token" : nil,
            rules?.separator.map { "token \($0) between documents" },
        ].compactMap(\.self)
    }
}
