import Presentation
import RealModule
import ScalingLaws

/// Laws ranked and then each for itself, as text for a terminal.
func text(_ ranking: FitRanking) -> String {
    let header = ["", "law", "points", "AICc above best", "BIC", "held out: off by"]
    let rows = ranking.ranked.enumerated().map { place, one in row(one, place: place + 1) }
    var text = "ranked on the points that all laws can use, by the error on points held out, then by AICc\n"
    text += TextTable(header, text: [1], rows: rows).aligned()
    for one in ranking.ranked {
        if case .failure(let error) = one.outcome { text += "\(one.law.name): \(error)\n" }
    }
    for answers in ranking.answers.compactMap(\.self) { text += "\n" + Stages.text(answers) }
    return text
}

private func row(_ ranked: RankedLaw, place: Int) -> [String] {
    let fit = try? ranked.outcome.get()
    let points: String = fit.map { "\($0.n)" } ?? "not fitted"
    let excess: String = ranked.excessAICc.map { Figures.fixed($0, decimals: 1) } ?? ""
    let bic: String = fit.map { Figures.fixed($0.bic, decimals: 1) } ?? ""
    let heldOut: String = ranked.heldOutError.map { "× " + Figures.significant(Double.exp($0)) } ?? ""
    return ["\(place)", ranked.law.name, points, excess, bic, heldOut]
}

/// A fit with what else was asked of it, as text for a terminal.
func text(_ answers: FitAnswers) -> String {
    var text = Stages.text(answers.fit)
    if let choice = answers.sizeChoice { text += "\n" + whichN(choice) }
    if answers.showsProfiles { text += "\n" + profiles(answers.fit) }
    if !answers.predictions.isEmpty { text += "\n" + predictions(answers.predictions) }
    if !answers.trainingLevels.isEmpty { text += "\n" + trainingLevels(answers.trainingLevels) }
    if !answers.fewestBits.isEmpty { text += "\n" + fewestBits(answers.fewestBits) }
    if !answers.criticalTokens.isEmpty { text += "\n" + criticalTokens(answers.criticalTokens) }
    if !answers.breakEvens.isEmpty { text += "\n" + breakEvens(answers.breakEvens) }
    if !answers.filling.isEmpty { text += "\n" + filling(answers.filling) }
    return text
}

private func whichN(_ choice: SizeChoice) -> String {
    let rows = choice.candidates.map { one in
        [
            one.measure.rawValue, one.error.map { "× " + Figures.significant(Double.exp($0)) } ?? "not identified",
            one.measure == choice.chosen?.measure ? "chosen" : "",
        ]
    }
    let header = ["law of size by", "off by, each size held out", ""]
    return TextTable(header, text: [0, 2], rows: rows).aligned() + (choice.foretold.map { $0.sentence + "\n" } ?? "")
}

private func profiles(_ fit: Fit) -> String {
    let rows = fit.parameters.enumerated().compactMap { place, one -> [String]? in
        guard let profile = one.profile else { return nil }
        let others = fit.correlation.indices.contains(place) ? fit.correlation[place] : []
        let closest = others.indices.filter { $0 != place }.max { abs(others[$0]) < abs(others[$1]) }
        return [
            one.name, Figures.precise(profile.lowerBound), Figures.precise(profile.upperBound),
            closest.map { "\(Figures.fixed(others[$0], decimals: 3)) with \(fit.parameters[$0].name)" } ?? "",
        ]
    }
    return TextTable(["profile, 95 %", "low", "high", "largest correlation"], text: [0, 3], rows: rows).aligned()
}

private func predictions(_ predictions: [Prediction]) -> String {
    let rows = predictions.map { one in
        [
            Figures.count(one.at.params), Figures.count(one.at.tokens), one.at.bits.map(Figures.bits) ?? "",
            Figures.precise(one.value), "[\(Figures.precise(one.low)), \(Figures.precise(one.high))]",
            one.predictive.map { "[\(Figures.precise($0.lowerBound)), \(Figures.precise($0.upperBound))]" } ?? "",
            beyond(one.beyondHull),
        ]
    }
    let saturated = predictions.flatMap(\.warnings).filter { $0.kind == .saturated }
    let warnings = ([FitWarning.extrapolation(of: predictions)].compactMap(\.self) + saturated).map {
        "warning: \($0.text)\n"
    }
    let header = ["N", "D", "bits", "nats", "95 %", "of a new measurement", "beyond the data"]
    return TextTable(header, text: [], rows: rows).aligned() + warnings.joined()
}

private func trainingLevels(_ levels: [TrainingLevel]) -> String {
    let rows = levels.map { level in
        [
            Figures.count(level.at.params), level.at.bits.map(Figures.bits) ?? "",
            level.tokens.map { Figures.count($0.value) } ?? "never",
            level.tokens.map { "[\(Figures.count($0.low)), \(Figures.count($0.high))]" } ?? "",
            level.beyondHull.map(beyond) ?? "",
        ]
    }
    let threshold = levels.first.map { "\($0.threshold)" } ?? ""
    let header = ["N", "bits", "D where QiD is \(threshold)", "95 %", "beyond the data"]
    return TextTable(header, text: [], rows: rows).aligned()
}

private func fewestBits(_ answers: [FitAnswers.FewestBits]) -> String {
    let rows = answers.map { one in
        [
            Figures.count(one.at.params), Figures.count(one.at.tokens), one.likely.map(Figures.bits) ?? "none",
            one.safe.map(Figures.bits) ?? "none",
        ]
    }
    let header = ["N", "D", "fewest bits within it", "by the interval's upper end"]
    return TextTable(header, text: [], rows: rows).aligned()
}

private func criticalTokens(_ answers: [CriticalTokens]) -> String {
    let rows = answers.map { one in
        [
            Figures.count(one.at.params), one.at.bits.map(Figures.bits) ?? "",
            one.tokens.map { Figures.count($0.value) } ?? (one.alwaysFalls ? "none" : "all"),
            one.tokens.map(interval) ?? "", one.beyondHull.map(beyond) ?? "",
        ]
    }
    let header = ["N", "bits", "D beyond which training hurts", "95 %", "beyond the data"]
    return TextTable(header, text: [], rows: rows).aligned()
}

private func breakEvens(_ answers: [BreakEven]) -> String {
    let rows = answers.map { one in
        let bits = one.at.bits.map(Figures.bits) ?? ""
        func better(_ isCompressed: Bool) -> String { isCompressed ? "\(bits) bits" : "16 bits" }
        return [
            Figures.count(one.at.tokens), bits, Figures.significant(one.bitsPerWeight, trimmed: true),
            one.size.map { Figures.count($0.value) } ?? "none", one.size.map(interval) ?? "",
            better(one.isCompressedBetterBelow), better(one.isCompressedBetterAbove), one.beyondHull.map(beyond) ?? "",
        ]
    }
    let header = [
        "D", "bits", "stored", "N in 16 bits, same memory and loss", "95 %", "better below", "above", "beyond the data",
    ]
    return TextTable(header, text: [], rows: rows).aligned()
}

private func filling(_ models: [FillingModel]) -> String {
    let rows = models.map { one in
        let isBest = one.excess.low == 0 && one.excess.high == 0
        func nats(_ estimate: Estimate) -> String {
            "\(Figures.precise(estimate.value)) [\(Figures.precise(estimate.low)), \(Figures.precise(estimate.high))]"
        }
        return [
            Figures.count(one.at.tokens), one.at.bits.map(Figures.bits) ?? "",
            Figures.significant(one.bitsPerWeight, trimmed: true), Figures.count(one.at.params), nats(one.loss),
            isBest ? "the best" : nats(one.excess), beyond(one.beyondHull),
        ]
    }
    let bytes = models.first.map { $0.at.params * $0.bitsPerWeight / 8 } ?? 0
    let header = ["D", "bits", "stored", "N that fits", "loss, 95 %", "above the best, 95 %", "beyond the data"]
    return "what fills \(Figures.count(bytes)) bytes of weights, as N counts them (usually without embeddings)\n"
        + TextTable(header, text: [5], rows: rows).aligned()
}

private func interval(_ estimate: Estimate) -> String {
    "[\(Figures.count(estimate.low)), \(Figures.count(estimate.high))]"
}

private func beyond(_ factor: Double) -> String {
    factor > 1 ? "× " + Figures.significant(factor, digits: 2) : "inside"
}

/// A fit as text for a terminal.
func text(_ fit: Fit) -> String {
    let width = fit.parameters.map(\.name.count).max() ?? 0
    var lines = [
        "\(fit.law.name): \(fit.law.display)",
        "\(fit.n) points, objective \(fit.objective.name) = \(fit.objectiveValue), R² \(Figures.fixed(fit.r2, decimals: 4))"
            + " in \(fit.r2IsLogarithmic ? "logarithms" : "nats")"
            + ", \(fit.startsAtBest) of \(fit.starts) starts at the best",
        fit.phase.map { "of \($0.rawValue) checkpoints" } ?? "", "",
    ].enumerated().filter { $0.offset == 3 || !$0.element.isEmpty }.map(\.element)
    for parameter in fit.parameters {
        let name = parameter.name + String(repeating: " ", count: width - parameter.name.count)
        let note =
            parameter.isFixed
            ? "held" : parameter.atBound ? "at its bound" : parameter.identified ? "" : "not identified"
        lines.append(
            "  \(name)  \(Figures.precise(parameter.value))  [\(Figures.precise(parameter.low)), \(Figures.precise(parameter.high))]  \(note)"
        )
    }
    for heldOut in fit.heldOut {
        if let obstacle = heldOut.obstacle {
            lines.append(
                "held out \(heldOut.what): \(heldOut.points) points, of which the rest says nothing: \(obstacle)")
            continue
        }
        let error =
            heldOut.rmsLogError.map { ", typically off by a factor of \(Figures.precise(Double.exp($0)))" } ?? ""
        let noise = heldOut.belowNoise == 0 ? "" : " (\(heldOut.belowNoise) below their noise not counted)"
        let inside = heldOut.inside.map { ", \($0) in their 95 % predictive intervals" } ?? ""
        lines.append(
            "held out \(heldOut.what): \(heldOut.points) points predicted, RMSE \(Figures.precise(heldOut.rmse)) nats"
                + error + noise + inside)
    }
    for (reason, points) in fit.leftOutByReason {
        let numbers = points.map { $0.index + 1 }
        lines.append("left out point\(numbers.count == 1 ? "" : "s") \(runs(of: numbers)): \(reason)")
    }
    for warning in fit.warnings { lines.append("warning: \(warning.text)") }
    return lines.joined(separator: "\n") + "\n"
}

/// Rising numbers, neighbours as one: `2, 5–9, 12`.
private func runs(of numbers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for number in numbers {
        if let last = runs.last, last.upperBound == number - 1 {
            runs[runs.count - 1] = last.lowerBound...number
        } else {
            runs.append(number...number)
        }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }
        .joined(separator: ", ")
}
