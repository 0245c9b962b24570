package import FoundationEssentials
import JSON
import Pipeline
import Records
import System
import Warehouse

/// In which form a warehouse leaves the workspace.
package enum ExportFormat: String, Sendable, CaseIterable {
    /// A file for each view, RFC 4180 with every digit; NULL is an empty field.
    case csv
    /// A file for each view, an object a line.
    case jsonl
    /// A file for each evaluation as lm-evaluation-harness writes its results.
    case lmEval = "lm-eval"
    /// A file for each evaluation by the schema of Every Eval Ever, with standard errors.
    case everyEvalEver = "every-eval-ever"
}

/// The views that are exported where nobody chose.
package let exportedViews = ["qid", "loss", "best_spec", "model", "law", "forecast", "trace"]

/// Writes views, or evaluations, as files into a directory and says how many there are.
package func export(
    _ views: [String], of location: URL, as format: ExportFormat, into directory: URL
) throws(StageError) -> String {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let reader = try attempt { () throws(WarehouseError) in try WarehouseReader(reading: workspace.warehouse) }
    let files: [(name: String, text: String)]
    switch format {
    case .csv, .jsonl:
        files = try (views.isEmpty ? exportedViews : views).map { (view) throws(StageError) in
            try (name: "\(view).\(format.rawValue)", text: text(of: view, in: reader, as: format))
        }
    case .lmEval, .everyEvalEver:
        guard views.isEmpty else { throw .noViews(format: format.rawValue) }
        let evaluations = try attempt { () throws(WarehouseError) in try reader.evaluations() }
        let now = Int(Date.now.timeIntervalSince1970)
        files = evaluations.map { one in
            let document = format == .lmEval ? one.lmEval : one.everyEvalEver(at: now)
            return ("\(one.key.replacing("/", with: "_")).json", document.prettyText + "\n")
        }
    }
    try attempt { () throws(SystemError) in
        try makeDirectory(directory)
        for file in files { try writeResult(Array(file.text.utf8), to: directory.appending(path: file.name)) }
    }
    return "\(files.count) files in \(directory.path)\n"
}

/// All rows of a view, whose name comes from a person and is looked up before it becomes part of a query.
private func text(of view: String, in reader: WarehouseReader, as format: ExportFormat) throws(StageError) -> String {
    try attempt { () throws(WarehouseError) in
        let known = try reader.query("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
        let names = known.rows.flatMap(\.self).compactMap { if case .text(let name) = $0 { name } else { nil } }
        guard names.contains(view) else {
            throw .query(
                message: "no view is called '\(view)'; there are \(names.joined(separator: ", "))", line: nil,
                column: nil)
        }
        return try reader.query("SELECT * FROM \"\(view)\"").text(format == .csv ? .csv : .jsonLines)
    }
}
