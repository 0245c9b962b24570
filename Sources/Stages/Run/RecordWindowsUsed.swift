import JSON
import Pipeline
import Records
import System

/// Writes beside a run's lock how many windows each cell took that stopped by itself.
func recordWindowsUsed(in run: RunDirectory, _ lock: Lock, _ workspace: Workspace) throws(StageError) {
    guard lock.target != nil else { return }
    var used = WindowsUsed()
    for cell in lock.cells where try exists(workspace.evaluation(cell.evaluation)) {
        let record = try evaluationRecord(at: workspace.evaluation(cell.evaluation))
        used.add(record.score.windows.count, of: cell)
    }
    let text = used.json.prettyText
    try attempt { () throws(WorkspaceError) in try run.replace(Array(text.utf8), at: run.windowsUsed) }
}
