package import JSON
import Presentation
import RealModule

/// What differs between two runs, or between two versions' runs of one manifest.
///
/// Cells belong together that are of the same place in training and the same spec. A cell moved beyond its errors where
/// its KL or its QiD differs by more than 1.96 of the two standard errors together, or the loss in 16 bits by more than
/// 1e-4 nats; errors of the same windows go
/// together, so that this says too seldom, never too often, that one moved.
package struct RunComparison {
    /// Nats by which losses of one checkpoint on the same windows may differ.
    private static let exactness = 1e-4

    private let names: (old: String, new: String)
    private let same: Int
    private let changed: [Change]
    private let (onlyOld, onlyNew): ([String], [String])
    private let laws: [MovedParameter]

    private struct Change {
        let cell: String
        let quantities: [Quantity]
        var isBeyondErrors: Bool { quantities.contains(where: \.isBeyondErrors) }
    }

    /// A quantity of one cell in both runs.
    private struct Quantity {
        let name: String
        let old: Double
        let new: Double
        /// Both standard errors together; nil where one has none.
        let error: Double?
        var isBeyondErrors: Bool { abs(new - old) > (error.map { 1.96 * $0 } ?? RunComparison.exactness) }
    }

    private struct MovedParameter {
        let law: String
        let old: ReportedRun.Parameter
        let new: ReportedRun.Parameter
        /// Whether each value lies outside the other's interval.
        var isBeyondIntervals: Bool { !Self.holds(old, new.value) && !Self.holds(new, old.value) }

        private static func holds(_ one: ReportedRun.Parameter, _ value: Double) -> Bool {
            (one.low ?? -.infinity) <= value && value <= (one.high ?? .infinity)
        }
    }

    init(_ old: ReportedRun, _ new: ReportedRun) {
        let (before, after) = (Self.byPlace(old), Self.byPlace(new))
        var (same, changed): (Int, [Change]) = (0, [])
        for (place, cell) in before.sorted(by: { $0.key < $1.key }) {
            guard let other = after[place] else { continue }
            let quantities = ["kl", "qid", "loss16"].compactMap { Self.quantity($0, cell, other) }
            if quantities.allSatisfy({ $0.old == $0.new }) {
                same += 1
            } else {
                changed.append(Change(cell: place, quantities: quantities))
            }
        }
        names = (
            "\(old.name) (qid \(old.programVersion))", "\(new.name) (qid \(new.programVersion))"
        )
        (self.same, self.changed) = (same, changed)
        onlyOld = before.keys.filter { after[$0] == nil }.sorted()
        onlyNew = after.keys.filter { before[$0] == nil }.sorted()
        laws = old.laws.keys.sorted().flatMap { law in
            (old.laws[law] ?? []).compactMap { parameter in
                (new.laws[law] ?? []).first { $0.name == parameter.name }.flatMap {
                    $0 == parameter ? nil : MovedParameter(law: law, old: parameter, new: $0)
                }
            }
        }
    }

    /// Cells by where in training they are and what they are compressed by.
    private static func byPlace(_ run: ReportedRun) -> [String: JSONObject] {
        var places: [String: JSONObject] = [:]
        for cell in run.cells.members {
            let series = cell["series"]?.string ?? cell["family"]?.string ?? ""
            let size = cell["params"]?.double.map { Figures.count($0) } ?? "?"
            let step = cell["step"]?.int.map { "step \($0)" } ?? cell["tokens"]?.double.map { "D \(Figures.count($0))" }
            let parts = [series, "N \(size)", step, cell["stage"]?.int.map { "stage \($0)" }, cell["spec"]?.string]
            places[parts.compactMap(\.self).joined(separator: ", ")] = cell
        }
        return places
    }

    private static func quantity(_ name: String, _ old: JSONObject, _ new: JSONObject) -> Quantity? {
        guard let before = old[name]?.double, let after = new[name]?.double else { return nil }
        let errors = [old, new].map { $0[name + "_stderr"]?.double }
        let error = errors[0].flatMap { first in errors[1].map { (first * first + $0 * $0).squareRoot() } }
        return Quantity(name: name, old: before, new: after, error: error)
    }
}

extension RunComparison {
    /// The comparison for people, as Markdown.
    package var text: String {
        let moved = changed.filter(\.isBeyondErrors)
        var parts = [
            "# \(names.old) and \(names.new)",
            "\(same) cells are equal, \(changed.count) differ, \(moved.count) of them beyond their errors; "
                + "\(onlyOld.count) are in the first alone, \(onlyNew.count) in the second alone.",
        ]
        if !moved.isEmpty {
            parts.append("**Cells that moved beyond their errors** (1.96 of both standard errors together)")
            parts.append(Self.table(moved))
        }
        let parameters = laws.filter(\.isBeyondIntervals)
        if !laws.isEmpty {
            parts.append(
                "**Laws**: \(laws.count) parameters differ, \(parameters.count) of them beyond both intervals.")
        }
        if !parameters.isEmpty {
            let rows = parameters.map { [$0.law, $0.old.name, Self.interval($0.old), Self.interval($0.new)] }
            parts.append(TextTable(["law", "parameter", "first", "second"], text: [0, 1], rows: rows).markdown)
        }
        for (title, cells) in [("In the first alone", onlyOld), ("In the second alone", onlyNew)] where !cells.isEmpty {
            parts.append("**\(title)**\n\n" + cells.map { "- \($0)\n" }.joined())
        }
        return parts.map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }.joined(separator: "\n\n") + "\n"
    }

    private static func table(_ moved: [Change]) -> String {
        let rows = moved.flatMap { change in
            change.quantities.filter(\.isBeyondErrors).map { quantity in
                [
                    change.cell, quantity.name, Figures.significant(quantity.old, digits: 5),
                    Figures.significant(quantity.new, digits: 5),
                    Figures.significant(quantity.new - quantity.old, digits: 3),
                    quantity.error.map { Figures.significant(1.96 * $0, digits: 2) } ?? "",
                ]
            }
        }
        return TextTable(["cell", "of", "first", "second", "difference", "±"], text: [0, 1], rows: rows).markdown
    }

    private static func interval(_ parameter: ReportedRun.Parameter) -> String {
        let value = Figures.significant(parameter.value, digits: 3)
        guard let low = parameter.low, let high = parameter.high else { return value }
        return "\(value) [\(Figures.significant(low, digits: 3)), \(Figures.significant(high, digits: 3))]"
    }

    /// `{"first", "second", "equal", "changed": [{"cell", "beyond_errors", "kl": [first, second, error], …}],
    /// "only_first": […], "only_second": […], "parameters": [{"law", "parameter", "first", "second", "beyond_intervals"}]}`.
    package var json: JSONValue {
        [
            "first": .string(names.old), "second": .string(names.new), "equal": .integer(same),
            "changed": .array(
                changed.map { change in
                    var object = JSONObject([
                        .init(key: "cell", value: .string(change.cell)),
                        .init(key: "beyond_errors", value: .bool(change.isBeyondErrors)),
                    ])
                    for one in change.quantities {
                        object[one.name] = [.number(one.old), .number(one.new), one.error.map { .number($0) } ?? .null]
                    }
                    return .object(object)
                }),
            "only_first": .array(onlyOld.map { .string($0) }), "only_second": .array(onlyNew.map { .string($0) }),
            "parameters": .array(
                laws.map {
                    [
                        "law": .string($0.law), "parameter": .string($0.old.name), "first": .number($0.old.value),
                        "second": .number($0.new.value), "beyond_intervals": .bool($0.isBeyondIntervals),
                    ]
                }),
        ]
    }
}
