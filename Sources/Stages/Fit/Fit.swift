package import FoundationEssentials
import JSON
package import Pipeline
import Records
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
    let points = try FitPoints(warehouse.reader, evaluations: evaluations, doubtful: lock?.doubtful ?? .leaveOut)
    if let leftOut = points.leftOut { report("fit: left out the measurements \(leftOut)") }

    let progress = Progress("fit")
    let plans = try points.plans(lock?.laws ?? Laws.usual.map(\.name))
    let phases = lock?.phases ?? .most
    let trainingLaw = trainingLaw(plans)
    var fits: [FitRecord] = []
    var unfitted: [Failure] = []
    for (index, plan) in plans.enumerated() {
        try attempt { () throws(WorkspaceError) in try Interruption.check() }
        progress.update(Double(index) / Double(plans.count), "\(plan.law.name) for \(plan.scheme)")
        do throws(ScalingLawsError) {
            // Nothing is recorded before all are fitted.
            let result = try Interruption.ending(status: ExitStatus.tryAgain.rawValue) { () throws(ScalingLawsError) in
                try FittedScheme(
                    plan, predictions: lock?.predictions ?? [], phases: phases,
                    givesTrainingLevels: plan.law.name == trainingLaw)
            }
            fits.append(FitRecord(key: plan.key(of: result).text, family: plan.family, fitted: result))
        } catch {
            report("fit: \(plan.law.name) for \(plan.scheme): \(error)")
            unfitted.append(
                Failure(
                    stage: Stage.fit.rawValue, subject: "\(plan.law.name), \(plan.family), \(plan.scheme)",
                    reason: error.description))
        }
    }
    for fit in fits { try attempt { () throws(WarehouseError) in _ = try warehouse.record(fit) } }
    try attempt { () throws(WarehouseError) in
        try warehouse.record(failures: unfitted, of: Stage.fit.rawValue)
    }
    let run = try lock.flatMap { (lock) throws(StageError) in
        try attempt { () throws(WorkspaceError) in try workspace.knownRun(of: lock) }
    }
    if let lock, let run { try record(run, lock, fits, in: warehouse) }

    let directory = output ?? run?.report ?? workspace.root.appending(path: "report")
    var content = try ReportContent(points, fits.map(\.fitted), lock: lock, failures: warehouse.reader)
    try Interruption.ending(status: ExitStatus.tryAgain.rawValue) { () throws(StageError) in
        content.rankings = try rankings(plans, phases: phases)
        content.sizeFindings = sizeFindings(plans, phases: phases)
        content.phaseFindings = phaseFindings(plans)
    }
    try write(content, to: directory, in: output == nil ? workspace : nil)
    progress.finish("\(fits.count) laws fitted to \(points.cells.count) measurements; report in \(directory.path)")
    return .success
}

/// Notes a run with the evaluations and fits that it asked for.
private func record(
    _ run: RunDirectory, _ lock: Lock, _ fits: [FitRecord], in warehouse: Warehouse
) throws(StageError) {
    try attempt { () throws(WarehouseError) in
        let recorded = try warehouse.reader.evaluationKeys()
        var record = RunRecord(
            lockDigest: lock.digest, name: lock.name, startedAt: run.startedAt, lock: lock.json.yamlText)
        record.evaluations = lock.cells.map(\.evaluation.text).filter(recorded.contains)
        record.fits = fits.map(\.key)
        _ = try warehouse.record(record)
    }
}

/// Writes the report in every form, by way of the workspace's `tmp/` if it lies in one.
private func write(_ content: ReportContent, to directory: URL, in workspace: Workspace?) throws(StageError) {
    let rendered = RenderedReport(content)
    var files = [
        ("index.html", rendered.html), ("report.md", rendered.markdown), ("report.json", rendered.json),
        ("report.tex", rendered.latex), (RenderedReport.plotFileName, rendered.plot),
        (headlineName, headline(for: content) + "\n"),
    ]
    if let plot = rendered.methodPlot { files.append((RenderedReport.methodPlotFileName, plot)) }
    files += rendered.figures.flatMap { one in
        [("\(figuresName)/\(one.name).svg", one.svg), ("\(figuresName)/\(one.name).pdf", one.pdf)]
    }
    try prepare(directory, for: files.map(\.0))
    for (name, text) in files {
        let (bytes, place) = (Array(text.utf8), directory.appending(path: name))
        if let workspace {
            try attempt { () throws(WorkspaceError) in try workspace.replace(bytes, at: place) }
        } else {
            try attempt { () throws(SystemError) in try writeResult(bytes, to: place) }
        }
    }
}

/// Makes the directories of a report, and removes the figures of an earlier one that this one does not have.
private func prepare(_ directory: URL, for files: [String]) throws(StageError) {
    let figures = directory.appending(path: figuresName)
    try attempt { () throws(SystemError) in
        try makeDirectory(figures)
        for name in try System.names(in: figures) where !files.contains("\(figuresName)/\(name)") {
            try removeFile(figures.appending(path: name))
        }
    }
}
