import Archive
import FoundationEssentials
import JSON
import Pipeline
import Presentation
import Records
import ScalingLaws

/// In which form an audit is printed on standard output.
package enum AuditOutput: Sendable {
    case table
    case json
    /// Not at all: the stage is part of a run.
    case none

    func print(_ audit: Audit, skipped: [(archive: URL, path: SkippedPath)]) {
        switch self {
        case .table where !audit.places.isEmpty: Swift.print(audit.table.aligned(isRuled: true), terminator: "")
        case .table, .none: break
        case .json: Swift.print(audit.json(skipped: skipped).prettyText)
        }
    }
}

extension Audit {
    /// A line for each place.
    var table: TextTable {
        let titles = [
            "place", "series", "step", "D", "from", "phase", "N", "format", "bytes", "same weights", "remarks",
        ]
        let rows = places.indices.map { index -> [String] in
            let (place, facts) = (places[index], places[index].facts)
            let twin = twins[index].first.map { places[$0].name } ?? ""
            let more = twins[index].count > 1 ? " +\(twins[index].count - 1)" : ""
            let remarks = (place.problem == nil ? [] : ["bad"]) + findings[index].map(\.kind.rawValue)
            return [
                place.name, facts.run.series ?? "", facts.step.map { "\($0)" } ?? "",
                facts.tokens.map { Figures.count(Double($0)) } ?? "", facts.tokensSource?.rawValue ?? "",
                facts.phase == .unknown ? "" : facts.phase.rawValue,
                place.size.map { Figures.count(Double($0.nonEmbeddingParameters)) } ?? "", place.form,
                bytesText(place.byteCount), twin + more, remarks.unique.joined(separator: ", "),
            ]
        }
        return TextTable(titles, text: [0, 1, 4, 5, 7, 9, 10], rows: rows)
    }

    /// The same for programs: {"places": […], "skipped": [{"path", "reason"}]}.
    func json(skipped: [(archive: URL, path: SkippedPath)]) -> JSONValue {
        [
            "places": .array(places.indices.map(json)),
            "skipped": .array(
                skipped.map { archive, path in
                    [
                        "path": .string(archive.appending(path: path.name).path),
                        "reason": .string(path.reason.description), "is_fault": .bool(path.isFault),
                    ]
                }),
        ]
    }

    private func json(of index: Int) -> JSONValue {
        let (place, facts) = (places[index], places[index].facts)
        var object = JSONObject([
            .init(key: "place", value: .string(place.name)), .init(key: "path", value: .string(place.path)),
            .init(key: "family", value: .string(facts.family)),
            .init(key: "series", value: .string(orNull: facts.run.series)),
            .init(key: "seed", value: .string(orNull: facts.run.seed)),
            .init(key: "stage", value: .integer(orNull: facts.run.stage)),
            .init(key: "ingredient", value: .integer(orNull: facts.run.ingredient)),
            .init(key: "step", value: .integer(orNull: facts.step)),
            .init(key: "tokens", value: .integer(orNull: facts.tokens)),
            .init(key: "tokens_source", value: .string(orNull: facts.tokensSource?.rawValue)),
            .init(key: "phase", value: .string(facts.phase.rawValue)),
            .init(key: "learning_rate", value: .number(orNull: facts.learningRate)),
            .init(key: "params", value: .integer(orNull: place.size?.nonEmbeddingParameters)),
            .init(key: "format", value: .string(place.form)), .init(key: "bytes", value: .integer(place.byteCount)),
            .init(key: "checkpoint", value: .string(orNull: place.record?.digest)),
        ])
        object["same_weights"] = .array(twins[index].map { .string(places[$0].path) })
        object["findings"] = .array(
            findings[index].map {
                [
                    "kind": .string($0.kind.rawValue), "message": .string($0.message), "is_fault": .bool($0.isFault),
                ]
            })
        object["problem"] = place.problem.map { .string($0) }
        return .object(object)
    }
}

extension [String] {
    /// Each text once, in the order in which it came first.
    fileprivate var unique: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
