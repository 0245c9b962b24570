import JSON
import Presentation
import RealModule
import Records
import ScalingLaws

extension MeasurementNeeds {
    /// For a terminal.
    var text: String {
        let rows = schemes.flatMap { scheme in
            scheme.needs.map { one in
                [
                    scheme.scheme, scheme.family, factor(one.need.reachBefore), one.kind.rawValue, one.words,
                    "\(one.need.cells)", Figures.significant(one.need.cost, digits: 2), factor(one.need.reachAfter),
                ]
            }
        }
        let header = [
            "scheme", "family", "95 % within, now", "more of", "it takes", "cells", "cost", "95 % within, then",
        ]
        let unknown = schemes.filter { $0.runs == nil }.map { "\($0.family) \($0.scheme)" }
        let note =
            unknown.isEmpty
            ? ""
            : "what runs have of their own is not known (fewer than three runs), so it is not counted: "
                + unknown.joined(separator: ", ") + "\n"
        return """
            until predictions of \(law) are known within \(Figures.significant(within * 100, trimmed: true)) %, by more of one kind alone

            \(TextTable(header, text: [0, 1, 3, 4], rows: rows).aligned())
            95 % within: the factor that the 95 % intervals of the scheme's predictions typically reach up and down, if the law holds
            cost: evaluation time, 1 = the average cell of the manifest; training is not counted
            \(note)
            """
    }

    /// For programs.
    ///
    ///     {"law", "within", "schemes": [{"family", "scheme", "predictions", "runs", "needs": [{"kind", "count", "enough",
    ///      "offered", "cells", "cost", "reach_before", "reach_after", "params": […]}]}]}
    ///
    /// Reaches are factors; `params` are the sizes of the groups taken, in the order of what each gains.
    var json: JSONValue {
        [
            "law": .string(law), "within": .number(within),
            "schemes": .array(
                schemes.map { scheme in
                    [
                        "family": .string(scheme.family), "scheme": .string(scheme.scheme),
                        "predictions": .integer(scheme.predictions), "runs": .integer(orNull: scheme.runs),
                        "needs": .array(scheme.needs.map(\.json)),
                    ]
                }),
        ]
    }

    private func factor(_ reach: Double) -> String {
        reach > .log(1000) ? "> × 1000" : "× " + Figures.significant(Double.exp(reach))
    }
}

extension MeasurementNeeds.Need {
    /// `3 (200k × 2, 85k)`, or that none of them suffices.
    fileprivate var words: String {
        guard need.isEnough else {
            return offered == 0 ? "there are none" : taken.isEmpty ? "none helps" : "not enough with \(taken.count)"
        }
        guard !taken.isEmpty else { return "nothing" }
        let sizes = Dictionary(grouping: taken, by: \.params).sorted { $0.key < $1.key }.map { size, groups in
            Figures.count(size) + (groups.count > 1 ? " × \(groups.count)" : "")
        }
        return "\(taken.count) (N \(sizes.joined(separator: ", ")))"
    }

    fileprivate var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "count": .integer(taken.count), "enough": .bool(need.isEnough),
            "offered": .integer(offered), "cells": .integer(need.cells), "cost": .number(need.cost),
            "reach_before": .finite(Double.exp(need.reachBefore)), "reach_after": .finite(Double.exp(need.reachAfter)),
            "params": .array(taken.map { .number($0.params) }),
        ]
    }
}
