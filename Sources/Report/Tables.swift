internal import ScalingLaws

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The tables of a report.
enum Tables {
    static func parameters(_ laws: [FittedScheme]) -> Table {
        let rows = laws.flatMap { one in
            one.fit.parameters.map { parameter in
                [
                    one.fit.law.name, one.scheme, name(parameter),
                    Figures.estimate(parameter.value, low: parameter.low, high: parameter.high), parameter.unit,
                    PublishedValues.value(parameter, of: one.fit.law).map { Figures.significant($0) } ?? "",
                    remark(parameter),
                ]
            }
        }
        let columns: [(String, Bool)] = [
            ("law", false), ("scheme", false), ("parameter", false), ("value [95 % interval]", true), ("unit", false),
            ("published", true), ("", false),
        ]
        return table("Parameters of the fitted laws", columns, rows)
    }

    /// `β at 2 bits`, `eff of w4`.
    private static func name(_ parameter: FittedParameter) -> String {
        guard let dot = parameter.name.firstIndex(of: ".") else { return parameter.symbol }
        let level = parameter.name[parameter.name.index(after: dot)...]
        return Double(level) == nil ? "\(parameter.symbol) of \(level)" : "\(parameter.symbol) at \(level) bits"
    }

    private static func remark(_ parameter: FittedParameter) -> String {
        if parameter.isFixed { return "held fixed" }
        if parameter.atBound { return "at its bound" }
        return parameter.identified ? "" : "not identified"
    }

    static func laws(_ laws: [FittedScheme]) -> Table {
        let rows = laws.map { one in
            let fit = one.fit
            return [
                fit.law.name, one.scheme, fit.law.display, fit.objective.name, "\(fit.n)", "\(fit.leftOut.count)",
                Figures.fixed(fit.r2, decimals: 3) + (fit.r2IsLogarithmic ? " (log)" : ""),
                fit.aicc.isFinite ? Figures.fixed(fit.aicc, decimals: 1) : "", "\(fit.startsAtBest) of \(fit.starts)",
            ] + [.largestModel, .lastDecade, .bits].map { heldOut(fit, $0) }
        }
        let columns: [(String, Bool)] = [
            ("law", false), ("scheme", false), ("formula", false), ("objective", false), ("points", true),
            ("left out", true),
            ("R²", true), ("AICc", true), ("starts at the best", true), ("off by: largest model", true),
            ("off by: last decade of D", true), ("off by: a bit width", true),
        ]
        return table(
            "How well the laws fit, and by what factor (root mean square) each is off on points it was not fitted to",
            columns,
            rows)
    }

    private static func heldOut(_ fit: Fit, _ kind: HeldOut.Kind) -> String {
        let errors = fit.heldOut.filter { $0.kind == kind }.compactMap(\.rmsLogError)
        return errors.max().map { "× " + Figures.significant(exp($0)) } ?? ""
    }

    static func predictions(_ laws: [FittedScheme]) -> Table {
        let rows = laws.flatMap { one in
            one.predictions.map { prediction in
                [
                    one.scheme, one.fit.law.name, Figures.count(prediction.at.params),
                    Figures.count(prediction.at.tokens),
                    prediction.at.bits.map(Figures.bits) ?? "",
                    Figures.estimate(prediction.value, low: prediction.low, high: prediction.high),
                    prediction.beyondHull > 1.005
                        ? "× " + Figures.significant(prediction.beyondHull, digits: 2) : "inside",
                ]
            }
        }
        let columns: [(String, Bool)] = [
            ("scheme", false), ("law", false), ("N", true), ("D", true), ("bits", true),
            ("predicted, nats [95 % interval]", true), ("beyond the data", true),
        ]
        return table("Predictions asked for", columns, rows)
    }

    static func cells(_ cells: [MeasuredCell]) -> Table {
        let sorted = cells.sorted {
            ($0.scheme, -$0.bits, $0.params, $0.family, $0.tokens) < (
                $1.scheme, -$1.bits, $1.params, $1.family, $1.tokens
            )
        }
        let rows = sorted.map { cell in
            [
                cell.spec, cell.family, Figures.count(cell.params), Figures.count(cell.tokens),
                cell.step.map { "\($0)" } ?? "",
                Figures.fixed(cell.bitsPerWeight, decimals: 2), Figures.fixed(cell.loss16, decimals: 4),
                Figures.fixed(cell.loss, decimals: 4), qid(cell), Figures.significant(cell.kl),
                Figures.percent(cell.agreement),
            ]
        }
        let columns: [(String, Bool)] = [
            ("spec", false), ("family", false), ("N", true), ("D", true), ("step", true), ("bits per weight", true),
            ("loss, 16 bit", true), ("loss", true), ("QiD ± standard error", true), ("KL", true), ("agreement", true),
        ]
        var result = table("Every measured cell; losses, QiD and KL in nats per token", columns, rows)
        result.isFolded = true
        return result
    }

    private static func qid(_ cell: MeasuredCell) -> String {
        guard let stderr = cell.qidStderr, stderr > 0 else { return Figures.significant(cell.qid) }
        let decimals = min(8, max(2, 1 - Int(log10(stderr).rounded(.down))))
        return Figures.fixed(cell.qid, decimals: decimals) + " ± " + Figures.fixed(stderr, decimals: decimals)
    }

    static func leftOut(_ laws: [FittedScheme]) -> Table {
        let rows = laws.flatMap { one in
            one.fit.leftOut.map { left in
                [
                    one.fit.law.name, one.scheme, Figures.count(left.point.conditions.params),
                    Figures.count(left.point.conditions.tokens), left.point.conditions.bits.map(Figures.bits) ?? "",
                    left.reason,
                ]
            }
        }
        let columns: [(String, Bool)] = [
            ("law", false), ("scheme", false), ("N", true), ("D", true), ("bits", true), ("reason", false),
        ]
        return table("Points that a fit did not use", columns, rows)
    }

    static func failures(_ failures: [Failure]) -> Table {
        let columns: [(String, Bool)] = [("stage", false), ("input", false), ("reason", false)]
        return table("Inputs that could not be used", columns, failures.map { [$0.stage, $0.subject, $0.reason] })
    }

    private static func table(_ caption: String, _ columns: [(String, Bool)], _ rows: [[String]]) -> Table {
        Table(caption: caption, columns: columns.map { Table.Column(title: $0.0, isNumber: $0.1) }, rows: rows)
    }
}
