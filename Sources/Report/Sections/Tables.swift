internal import Compression
internal import Presentation
internal import RealModule
internal import Records
internal import ScalingLaws

/// The tables of a report.
enum Tables {
    /// A table for each law: its parameters by row, the schemes it was fitted to by column, published values last.
    static func parameters(_ laws: [FittedScheme]) -> [Table] {
        var names: [String] = []
        for one in laws where !names.contains(one.fit.law.name) { names.append(one.fit.law.name) }
        return names.map { name in parameters(of: laws.filter { $0.fit.law.name == name }, among: laws) }
    }

    private static func parameters(of laws: [FittedScheme], among all: [FittedScheme]) -> Table {
        var parameters: [FittedParameter] = []
        for parameter in laws.flatMap(\.fit.parameters) where !parameters.contains(where: { $0.name == parameter.name })
        {
            parameters.append(parameter)
        }
        let law = laws.first?.fit.law
        let rows = parameters.map { parameter in
            let fitted = laws.map { one in one.fit.parameters.first { $0.name == parameter.name }.map(value) ?? "" }
            let published = law.flatMap { PublishedValues.value(parameter, of: $0) }
            return [name(parameter)] + fitted + [
                published.map { Figures.significant($0, digits: 5, trimmed: true) } ?? ""
            ]
        }
        var columns: [(String, Table.Column.Kind)] = [("parameter", .formula)]
        columns += laws.map { ($0.name(among: all), .number) } + [("published", .number)]
        let caption = law.map { "\($0.name): ⟦\($0.display)⟧, with 95 % intervals" } ?? ""
        return table(caption, columns, rows)
    }

    private static func value(_ parameter: FittedParameter) -> String {
        let number = Figures.estimate(parameter.value, low: parameter.low, high: parameter.high)
        if parameter.isFixed { return number + ", held fixed" }
        if parameter.atBound { return number + ", at its bound" }
        return parameter.identified ? number : number + ", not identified"
    }

    /// `β at 2 bits`, `eff of w4`, `k (N^α/D^β nats)`.
    private static func name(_ parameter: FittedParameter) -> String {
        let unit = parameter.unit.isEmpty ? "" : " (\(parameter.unit))"
        guard let dot = parameter.name.firstIndex(of: ".") else { return parameter.symbol + unit }
        let level = parameter.name[parameter.name.index(after: dot)...]
        let place = Double(level) == nil ? "of \(level)" : "at \(level) bits"
        return "\(parameter.symbol) \(place)\(unit)"
    }

    static func laws(_ laws: [FittedScheme]) -> Table {
        let hasMethods = laws.contains { $0.fit.heldOut.contains { $0.kind == .methods } }
        let rows = laws.map { one in
            let fit = one.fit
            return [
                fit.law.name, one.name(among: laws), fit.objective.name, "\(fit.n)", "\(fit.leftOut.count)",
                fit.phase?.rawValue ?? "", "\(fit.clusters) \(fit.clusterUnit.rawValue)",
                Figures.fixed(fit.r2, decimals: 3) + (fit.r2IsLogarithmic ? " (log)" : ""),
                fit.aicc.isFinite ? Figures.fixed(fit.aicc, decimals: 1) : "", "\(fit.startsAtBest) of \(fit.starts)",
            ] + [.largestModel, .lastDecade, .bits].map { heldOut(fit, $0) }
                + (hasMethods ? [heldOut(fit, .methods)] : [])
        }
        let columns: [(String, Table.Column.Kind)] =
            [
                ("law", .text), ("scheme", .text), ("objective", .text), ("points", .number),
                ("left out", .number), ("phase", .text), ("resampled by", .text), ("R²", .number), ("AICc", .number),
                ("starts at the best", .number), ("off by: largest model", .number),
                ("off by: last decade of D", .number), ("off by: a bit width", .number),
            ] + (hasMethods ? [("off by: a method", .number)] : [])
        return table(
            "How well the laws fit, and by what factor (root mean square) each is off on points it was not fitted to",
            columns,
            rows)
    }

    private static func heldOut(_ fit: Fit, _ kind: HeldOut.Kind) -> String {
        let parts = fit.heldOut.filter { $0.kind == kind }
        let errors = parts.compactMap(\.rmsLogError)
        if errors.isEmpty, parts.contains(where: { $0.obstacle != nil }) { return "not identified" }
        return errors.max().map { "× " + Figures.significant(Double.exp($0)) } ?? ""
    }

    /// A row for each scheme and place asked for, a column for each law.
    static func predictions(_ laws: [FittedScheme]) -> Table {
        struct Place: Hashable {
            let scheme: String
            let conditions: Conditions
        }
        var places: [Place] = []
        var names: [String] = []
        for one in laws where !one.predictions.isEmpty {
            if !names.contains(one.fit.law.name) { names.append(one.fit.law.name) }
            for prediction in one.predictions {
                let place = Place(scheme: one.name(among: laws), conditions: prediction.at)
                if !places.contains(place) { places.append(place) }
            }
        }
        let rows = places.map { place in
            let found = names.map { name in
                laws.first { $0.name(among: laws) == place.scheme && $0.fit.law.name == name }?
                    .predictions.first { $0.at == place.conditions }
            }
            let beyond = found.compactMap { $0?.beyondHull }.max() ?? 1
            return [
                place.scheme, Figures.count(place.conditions.params), Figures.count(place.conditions.tokens),
                place.conditions.bits.map(Figures.bits) ?? "",
                beyond > 1 ? "× " + Figures.significant(beyond, digits: 2) : "inside",
            ] + found.map { $0.map { Figures.estimate($0.value, low: $0.low, high: $0.high) } ?? "" }
        }
        let columns: [(String, Table.Column.Kind)] = [
            ("scheme", .text), ("N", .number), ("D", .number), ("bits", .number), ("beyond the data", .number),
        ]
        return table(
            "What the laws predict, in nats per token, with 95 % intervals", columns + names.map { ($0, .number) },
            rows)
    }

    /// By form, the most bits first, then by model and training.
    private static func order(_ cell: MeasuredCell) -> (String, Double, Double, String, Double) {
        (cell.scheme, -cell.bits, cell.params, cell.family, cell.tokens ?? 0)
    }

    static func cells(_ cells: [MeasuredCell]) -> Table {
        let sorted = cells.sorted { order($0) < order($1) }
        let hasRuns = Set(cells.compactMap(\.model.run.series)).count > 1
        let hasPhases = cells.contains { $0.model.phase != .unknown }
        let isTargeted = cells.contains { $0.scored.stopping != nil }
        let hasBytes = cells.contains { $0.bitsPerByte != nil }
        let rows = sorted.map { cell in
            row(cell) + (hasRuns ? [cell.model.run.series ?? ""] : [])
                + (hasPhases ? [cell.model.phase.rawValue] : []) + (isTargeted ? [windows(cell)] : [])
                + (hasBytes ? [cell.bitsPerByte.map { Figures.fixed($0, decimals: 4) } ?? ""] : [])
        }
        var columns: [(String, Table.Column.Kind)] = [
            ("spec", .text), ("family", .text), ("N", .number), ("D", .number), ("step", .number),
            ("bits per weight", .number),
            ("loss, 16 bit", .number), ("loss", .number), ("KL ± standard error", .number),
            ("QiD ± standard error", .number), ("QiD/KL", .number), ("agreement", .number),
        ]
        if hasRuns { columns.append(("series", .text)) }
        if hasPhases { columns.append(("phase", .text)) }
        if isTargeted { columns.append(("windows", .number)) }
        if hasBytes { columns.append(("bits per byte", .number)) }
        var result = table("Every measured cell; losses, QiD and KL in nats per token", columns, rows)
        result.isFolded = true
        return result
    }

    private static func row(_ cell: MeasuredCell) -> [String] {
        let tokens: String = cell.tokens.map(Figures.count) ?? ""
        let step: String = cell.model.step.map { "\($0)" } ?? ""
        return [
            cell.spec.name, cell.family, Figures.count(cell.params), tokens, step,
            Figures.fixed(cell.bitsPerWeight, decimals: 2), Figures.fixed(cell.degradation.baselineLoss, decimals: 4),
            Figures.fixed(cell.loss, decimals: 4), estimate(cell.degradation.kl, cell.degradation.klStderr),
            estimate(cell.qid, cell.degradation.qidStderr),
            cell.degradation.ratio.map { estimate($0, cell.degradation.ratioStderr) } ?? "",
            Figures.percent(cell.degradation.agreement),
        ]
    }

    private static func windows(_ cell: MeasuredCell) -> String {
        cell.scored.stopping.map { "\(cell.scored.windows) of \($0.availableWindows)" } ?? ""
    }

    private static func estimate(_ value: Double, _ stderr: Double?) -> String {
        guard let stderr, stderr > 0 else { return Figures.significant(value) }
        let decimals = min(8, max(2, 1 - Int(Double.log10(stderr).rounded(.down))))
        return Figures.fixed(value, decimals: decimals) + " ± " + Figures.fixed(stderr, decimals: decimals)
    }

    static func leftOut(_ laws: [FittedScheme]) -> Table {
        let rows = laws.flatMap { one in
            one.fit.leftOut.map { left in
                [
                    one.fit.law.name, one.name(among: laws), Figures.count(left.point.conditions.params),
                    Figures.count(left.point.conditions.tokens), left.point.conditions.bits.map(Figures.bits) ?? "",
                    left.reason,
                ]
            }
        }
        let columns: [(String, Table.Column.Kind)] = [
            ("law", .text), ("scheme", .text), ("N", .number), ("D", .number), ("bits", .number), ("reason", .text),
        ]
        var result = table("Points that a fit did not use", columns, rows)
        result.isFolded = rows.count > 20
        return result
    }

    /// What is doubtful, each thing said once for all its places.
    static func findings(_ content: ReportContent) -> Table {
        let fate = content.keepsDoubtful ? "kept" : "left out of the fits"
        var (order, places): ([Finding], [Finding: [String]]) = ([], [:])
        for one in content.findings {
            if places[one.finding] == nil { order.append(one.finding) }
            places[one.finding, default: []].append(one.path)
        }
        let rows = order.map { finding in
            let all = places[finding] ?? []
            let shown = all.prefix(3).joined(separator: ", ") + (all.count > 3 ? " and \(all.count - 3) more" : "")
            return [shown, finding.message, finding.isFault ? fate : finding.kind == .noTokens ? "not fitted" : ""]
        }
        let columns: [(String, Table.Column.Kind)] = [("checkpoint", .text), ("what is doubtful", .text), ("", .text)]
        var result = table("Checkpoints that are not what they seem", columns, rows)
        result.isFolded = rows.count > 20
        return result
    }

    static func failures(_ failures: [Failure]) -> Table {
        let columns: [(String, Table.Column.Kind)] = [("stage", .text), ("input", .text), ("reason", .text)]
        var result = table(
            "Inputs that could not be used", columns, failures.map { [$0.stage, $0.subject, $0.reason] })
        result.isFolded = failures.count > 20
        return result
    }

    private static func table(_ caption: String, _ columns: [(String, Table.Column.Kind)], _ rows: [[String]]) -> Table
    {
        Table(caption: caption, columns: columns.map { Table.Column(title: $0.0, kind: $0.1) }, rows: rows)
    }
}
