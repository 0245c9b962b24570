package import FoundationEssentials
import JSON
import Pipeline
import Presentation
import System

/// In which form a run's report is printed.
package enum ReportFormat: String, Sendable, CaseIterable {
    case markdown, html, json
    /// A document of LaTeX, whose tables and TikZ pictures go into a paper.
    case tex
    /// A row for each cell.
    case csv

    fileprivate var file: String {
        switch self {
        case .markdown: "report.md"
        case .html: "index.html"
        case .json, .csv: "report.json"
        case .tex: "report.tex"
        }
    }
}

/// The report of a run as it was written.
///
/// `place` is a run's directory, its name in the workspace, or nil for the last run that has a report.
package func report(
    of place: String?, workspace location: URL, as format: ReportFormat
) throws(StageError) -> String {
    let directory = try reportDirectory(of: place, workspace: location)
    guard format == .csv else { return try text(directory.appending(path: format.file)) }
    return try ReportedRun(directory).cells.table.csv
}

/// In a report's directory, the folder of its charts as files of their own.
let figuresName = "figures"

/// Copies the charts of a run's report, as SVG and PDF, into a directory and says how many files there are.
package func figures(
    of place: String?, workspace location: URL, into directory: URL
) throws(StageError) -> String {
    let folder = try reportDirectory(of: place, workspace: location).appending(path: figuresName)
    guard try exists(folder) else { throw .missing(path: folder.path, what: "'qid fit' of this version writes it") }
    let count = try attempt { () throws(SystemError) in
        try makeDirectory(directory)
        let files = try System.names(in: folder)
        for name in files {
            try writeResult(readFile(folder.appending(path: name)), to: directory.appending(path: name))
        }
        return files.count
    }
    return "\(count) files in \(directory.path)\n"
}

/// What differs between the reports of two runs, named as for ``report(of:workspace:as:)``; the first is the older one.
package func comparison(
    of old: String, with new: String?, workspace location: URL
) throws(StageError) -> RunComparison {
    let before = try ReportedRun(reportDirectory(of: old, workspace: location))
    return RunComparison(before, try ReportedRun(reportDirectory(of: new, workspace: location)))
}

/// Where a run's report lies.
private func reportDirectory(of place: String?, workspace location: URL) throws(StageError) -> URL {
    if let place {
        let named = URL(filePath: place, directoryHint: .isDirectory)
        let inWorkspace = location.appending(path: "runs/\(place)", directoryHint: .isDirectory)
        for directory in [named, named.appending(path: "report"), inWorkspace.appending(path: "report")]
        where try exists(directory.appending(path: "report.json")) { return directory }
        throw .missing(
            path: place, what: "neither it nor 'runs/\(place)' of the workspace holds a report; 'qid run' makes one")
    }
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let runs = try attempt { () throws(WorkspaceError) in try workspace.runDirectories() }
    for run in runs.reversed() where try exists(run.report.appending(path: "report.json")) { return run.report }
    throw .missing(path: workspace.runs.path, what: "no run in it has a report; 'qid run' makes one")
}

private func text(_ file: URL) throws(StageError) -> String {
    guard try exists(file) else { throw .missing(path: file.path, what: "'qid fit' of this version writes it") }
    return String(decoding: try attempt { () throws(SystemError) in try readFile(file) }, as: UTF8.self)
}
