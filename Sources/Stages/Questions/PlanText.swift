import JSON
import Pipeline
import Presentation
import RealModule
import ScalingLaws

extension MeasurementPlan {
    /// So many cells are shown to people.
    private static let shown = 20

    /// The plan for a terminal.
    var text: String {
        let wanted = "\(predictions) predictions of \(law) for \(schemes) \(schemes == 1 ? "scheme" : "schemes")"
        guard !cells.isEmpty else {
            let why =
                offered == 0
                ? "every cell of the archives is measured; --beyond also weighs the predictions' sizes and tokens"
                : "none of \(offered) cells that could be measured fits into a budget of \(Figures.significant(budget))"
            return "\(wanted): \(why)\n"
        }
        var spent = 0.0
        let rows = cells.enumerated().map { place, cell in
            spent += cell.step.candidate.cost
            return cell.row(place + 1, spent: spent)
        }
        let shown = rows.prefix(Self.shown)
        let rest = rows.count - shown.count
        let more = rest > 0 ? "and \(rest) more; --json lists all\n" : ""
        let header = [
            "", "scheme", "family", "N", "D", "bits", "cost", "spent", "95 % within, before", "after", "checkpoint",
        ]
        let lines = TextTable(header, text: [1, 2, 10], rows: Array(shown)).aligned() + more
        return """
            \(wanted), \(offered) cells weighed, budget \(Figures.significant(budget, trimmed: true)) cells

            \(lines)
            cost: evaluation time, 1 = the average cell of the manifest; training is not counted
            95 % within: the factor that the 95 % intervals of the scheme's predictions typically reach up and down, \
            if the law holds and all cells above are measured

            """
    }

    /// The plan for programs.
    ///
    ///     {"law", "budget", "predictions", "offered", "cells": [{"family", "scheme", "params", "tokens", "bits", "cost",
    ///      "spent", "in_archive", "relative_error_before", "relative_error_after"}]}
    ///
    /// Costs are in average cells of the manifest; relative errors are one standard error of the scheme's predictions.
    var json: JSONValue {
        var spent = 0.0
        return [
            "law": .string(law), "budget": .number(budget), "predictions": .integer(predictions),
            "offered": .integer(offered),
            "cells": .array(
                cells.map { cell in
                    spent += cell.step.candidate.cost
                    let place = cell.step.candidate.conditions
                    return [
                        "family": .string(cell.family), "scheme": .string(cell.scheme),
                        "params": .number(place.params), "tokens": .number(place.tokens),
                        "bits": .number(orNull: place.bits), "cost": .number(cell.step.candidate.cost),
                        "spent": .number(spent), "in_archive": .bool(cell.isHeld),
                        "relative_error_before": .number(cell.step.errorBefore),
                        "relative_error_after": .number(cell.step.errorAfter),
                    ]
                }),
        ]
    }
}

extension PlannedCell {
    fileprivate func row(_ place: Int, spent: Double) -> [String] {
        let conditions = step.candidate.conditions
        return [
            "\(place)", scheme, family, Figures.count(conditions.params), Figures.count(conditions.tokens),
            conditions.bits.map(Figures.bits) ?? "", Figures.significant(step.candidate.cost, digits: 2),
            Figures.significant(spent, digits: 2), "× " + Figures.significant(Double.exp(step.reachBefore)),
            "× " + Figures.significant(Double.exp(step.reachAfter)),
            isHeld ? "archived" : "to be trained",
        ]
    }
}
