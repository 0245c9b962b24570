package import FoundationEssentials
import JSON
package import Pipeline
import Report
import ScalingLaws
import System
import Warehouse

/// Fits the laws of a manifest to its cells, or the usual ones to all of the warehouse, stores them and reports.
package func fit(workspace location: URL, manifest: URL?, output: URL?) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let lock = try manifest.map { (file) throws(StageError) in try resolve(manifest: file, workspace: workspace).lock }
    let warehouse = try openWarehouse(workspace.warehouse)
    let evaluations = lock.map { Set($0.cells.map(\.evaluation.text)) }
    let points = try FitPoints(warehouse.reader, evaluations: evaluations)

    let progress = Progress("fit")
    let plans = try points.plans(lock?.laws ?? ["qid-unified", "qid-per-bit"])
    let trainingLaw = trainingLaw(plans)
    var fitted: [FittedScheme] = []
    var rows: [FitRow] = []
    var unfitted: [FailureRow] = []
    for (index, plan) in plans.enumerated() {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        progress.update(Double(index) / Double(plans.count), "\(plan.law.name) for \(plan.scheme)")
        do throws(ScalingLawsError) {
            let result = try FittedScheme(
                plan, predictions: lock?.predictions ?? [], givesTrainingLevels: plan.law.name == trainingLaw)
            rows.append(FitRow(result, plan))
            fitted.append(result)
        } catch {
            report("fit: \(plan.law.name) for \(plan.scheme): \(error)")
            unfitted.append(
                FailureRow(subject: "\(plan.law.name), \(plan.family), \(plan.scheme)", reason: error.description))
        }
    }
    for row in rows { try attempt { () throws(WarehouseError) in _ = try warehouse.record(row) } }
    try attempt { () throws(WarehouseError) in
        try warehouse.record(failures: unfitted, of: Stage.fit.rawValue)
    }
    if let lock { try record(lock, rows, in: warehouse, workspace) }

    let own = try lock.flatMap { (lock) throws(StageError) in try reportDirectory(of: lock, workspace) }
    let directory = output ?? own ?? workspace.root.appending(path: "report")
    var content = try ReportContent(points, fitted, lock: lock, failures: warehouse.reader)
    content.rankings = try rankings(plans)
    try write(content, to: directory)
    progress.finish("\(fitted.count) laws fitted to \(points.qid.count) measurements; report in \(directory.path)")
    return .success
}

/// The run in whose directory a lock's report belongs, if the lock is one of a run.
private func reportDirectory(of lock: Lock, _ workspace: Workspace) throws(StageError) -> URL? {
    try attempt { () throws(WorkspaceError) in try workspace.knownRun(of: lock) }?.report
}

/// Notes a run with the evaluations and fits that it asked for.
private func record(_ lock: Lock, _ fits: [FitRow], in warehouse: Warehouse, _ workspace: Workspace) throws(StageError)
{
    guard let run = try attempt({ () throws(WorkspaceError) in try workspace.knownRun(of: lock) }) else { return }
    // What is asked for: the windows that cells took stand in their own rows.
    let text = lock.recording([]).json.yamlText
    try attempt { () throws(WarehouseError) in
        let recorded = try warehouse.reader.evaluationKeys()
        _ = try warehouse.record(
            RunRow(
                lockDigest: lock.digest, name: lock.name, startedAt: run.startedAt, programVersion: programVersion,
                lock: text, evaluations: lock.cells.map(\.evaluation.text).filter(recorded.contains),
                fits: fits.map(\.key)))
    }
}

/// Writes the report in every form.
private func write(_ content: ReportContent, to directory: URL) throws(StageError) {
    let rendered = RenderedReport(content)
    var files = [
        ("index.html", rendered.html), ("report.md", rendered.markdown), ("report.json", rendered.json),
        (RenderedReport.plotFileName, rendered.plot), (headlineName, headline(for: content) + "\n"),
    ]
    if let plot = rendered.methodPlot { files.append((RenderedReport.methodPlotFileName, plot)) }
    try attempt { () throws(SystemError) in
        try makeDirectory(directory)
        for (name, text) in files { try replaceFile(Array(text.utf8), at: directory.appending(path: name)) }
    }
}
