import Pipeline
import System

/// Writes into a run's lock how many windows each cell took that stopped by itself.
func recordWindowsUsed(in run: RunDirectory, _ lock: Lock, _ workspace: Workspace) throws(StageError) {
    guard lock.qidStderr != nil else { return }
    var used: [WindowsUsed] = []
    for cell in lock.cells where try exists(workspace.evaluation(cell.evaluation)) {
        let artifact = try evaluationArtifact(at: workspace.evaluation(cell.evaluation))
        used.append(WindowsUsed(cell, windows: artifact.windowNLL.count))
    }
    let text = lock.recording(used).json.yamlText
    try attempt { () throws(SystemError) in try replaceFile(Array(text.utf8), at: run.lock) }
}
