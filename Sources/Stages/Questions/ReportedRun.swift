import FoundationEssentials
import JSON
import Presentation

/// A run as its `report.json` has it.
struct ReportedRun {
    let name: String
    let programVersion: String
    let cells: Cells
    /// The laws' parameters, by scheme and law.
    let laws: [String: [Parameter]]

    struct Parameter: Equatable {
        let name: String
        let value: Double
        let low: Double?
        let high: Double?
    }

    /// Cells with every member that a report has of them.
    struct Cells {
        let members: [JSONObject]

        /// All that is known of them, a row each.
        var table: TextTable {
            let names = members.first?.keys ?? []
            return TextTable(
                names, text: [], rows: members.map { cell in names.map { Self.text(cell[$0] ?? .null) } })
        }

        private static func text(_ value: JSONValue) -> String {
            if case .null = value { return "" }
            return value.string ?? value.canonicalText
        }
    }

    /// Reads the report in a directory.
    init(_ directory: URL) throws(StageError) {
        let file = directory.appending(path: "report.json")
        guard let document = try readJSON(file).object, document["format"]?.string == "qid-report/1" else {
            throw .unsettled(path: file.path, reason: "it is no report of qid ('format' is not 'qid-report/1')")
        }
        name = document["title"]?.string ?? directory.path
        programVersion = document["run"]?.object?["program_version"]?.string ?? ""
        cells = Cells(members: (document["cells"]?.array ?? []).compactMap(\.object))
        var laws: [String: [Parameter]] = [:]
        for law in document["laws"]?.array ?? [] {
            guard let law = law.object, let fit = law["fit"]?.object, let parameters = fit["parameters"]?.object
            else { continue }
            laws["\(fit["law"]?.string ?? ""), \(law["scheme"]?.string ?? "")"] = parameters.members.compactMap {
                guard let known = $0.value.object, let value = known["value"]?.double else { return nil }
                return Parameter(
                    name: $0.key, value: value, low: known["low"]?.double, high: known["high"]?.double)
            }
        }
        self.laws = laws
    }
}
