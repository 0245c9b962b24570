internal import Compression
internal import Presentation
internal import Records

extension Document {
    /// What compression did to each layer: a heat map of the checkpoint of each family that most is known of.
    static func layers(_ content: ReportContent) -> Section? {
        let charts = content.layerErrors.flatMap(LayerErrorChart.all)
        guard !charts.isEmpty else { return nil }
        let meaning = """
            The output error of a layer is the squared error that compression of its weights makes in its outputs on the \
            calibration text, as a share of their squared size; its inputs are those of the model in 16 bits. How far what is read behind \
            attention and MLP moves makes the distortion, which says together with a probe of the checkpoint what KL will be.
            """
        let caption = """
            Output errors of the layers by spec, the fuller the larger, in powers of ten; columns are the blocks of the model, from \
            the first to the last, for each kind of layer. Specs in the order of their distortion.
            """
        let figure = Figure(
            caption: caption, panels: charts.map(\.drawing), size: .full, isFolded: charts.count > 3)
        return Section(
            heading: "What compression did to each layer",
            blocks: [.paragraph(meaning), .figure(figure)] + (unforetold(content).map { [.paragraph($0)] } ?? []))
    }

    /// Of which cells errors of layers say nothing, or little; nil where no checkpoint was probed.
    private static func unforetold(_ content: ReportContent) -> String? {
        guard content.measurements.contains(where: { $0.distortion?.sensitivity != nil }) else { return nil }
        var counts: [(reason: String, count: Int)] = []
        func count(_ reason: String) {
            if let place = counts.firstIndex(where: { $0.reason == reason }) {
                counts[place].count += 1
            } else {
                counts.append((reason, 1))
            }
        }
        var saturated = 0
        for cell in content.measurements {
            if let reason = cell.spec.whyNothingIsForetold {
                count(reason)
            } else if let distortion = cell.distortion, let sensitivity = distortion.sensitivity {
                if sensitivity * distortion.mean > ForetoldDamage.roughAboveNats { saturated += 1 }
            } else {
                count("no probe of the checkpoint holds")
            }
        }
        let reasons = counts.map { "\($0.reason) (\($0.count))" }.joined(separator: ", ")
        let left = reasons.isEmpty ? "Of every cell KL is foretold." : "Nothing is foretold of some cells: \(reasons)."
        let limit = Figures.trimmed(Figures.fixed(ForetoldDamage.roughAboveNats, decimals: 2))
        return left
            + " Beyond \(limit) nats what is foretold is rougher; so much is foretold of \(saturated) cells."
    }
}
