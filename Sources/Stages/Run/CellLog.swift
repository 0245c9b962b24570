import FoundationEssentials
import JSON
import Pipeline
import Records
import System

/// Notes in a run's log what became of each cell, so that somebody can ask later what last night did.
struct CellLog {
    private let run: RunDirectory?
    private let stage: Stage
    private let workspace: Workspace
    /// The part of the run that this process is, where there are several.
    private let part: String?

    /// Of a stage that reads a run's lock; a stage that is run by hand on a manifest has no log.
    init(_ stage: Stage, manifest: URL, _ selection: CellSelection, in workspace: Workspace) {
        run = workspace.run(ofLock: manifest)
        self.stage = stage
        self.workspace = workspace
        part = selection.stride > 1 ? "\(stage.rawValue)-\(selection.index)" : nil
    }

    /// Notes cells that were done together: what is in the store was made, why the others were not stands there too.
    func note(_ cells: [Cell], seconds: Double) throws(StageError) {
        guard let run else { return }
        for cell in cells {
            var facts = JSONObject([
                .init(key: "stage", value: .string(stage.rawValue)), .init(key: "cell", value: .string(cell.name)),
                .init(key: "checkpoint", value: .string(cell.checkpoint.digest)),
                .init(key: "seconds", value: .number((seconds * 1000).rounded() / 1000)),
                .init(key: "cells_together", value: .integer(cells.count)),
                .init(key: "peak_memory_bytes", value: .integer(peakMemoryByteCount())),
            ])
            try add(outcome: cell, to: &facts)
            try run.note("cell", .object(facts), part: part)
        }
    }

    private func add(outcome cell: Cell, to facts: inout JSONObject) throws(StageError) {
        let key = stage == .quantize ? cell.compressed : cell.evaluation
        let place =
            stage == .quantize ? cell.compressed.map(workspace.compressed) : workspace.evaluation(cell.evaluation)
        facts["key"] = .string(orNull: key?.text)
        guard let place, try exists(place) else {
            facts["status"] = "failed"
            facts["reason"] = .string(
                orNull: try key.flatMap { (key) throws(StageError) in
                    try workspace.knownRefusal(of: key)?.reason
                })
            return
        }
        facts["status"] = "made"
        guard stage == .evaluate else { return }
        let record = try evaluationRecord(at: place)
        facts["windows"] = .integer(record.score.windows.count)
        facts["loss"] = .number(record.score.loss)
        facts["qid"] = record.compression.map { .number($0.degradation.qid) }
    }
}

extension RunDirectory {
    /// Adds a line with the members of an object to the run's log.
    func note(_ event: String, _ facts: JSONValue, part: String? = nil) throws(StageError) {
        try attempt { () throws(WorkspaceError) in try append(event, facts.object ?? JSONObject(), part: part) }
    }
}

/// Notes what stopped a stage in the log of the run that it is part of, if it is part of one.
package func noteInRun(_ error: StageError, of command: String) {
    guard let place = Surroundings.variables[StageRunner.runVariable] else { return }
    let run = RunDirectory(directory: URL(filePath: place, directoryHint: .isDirectory))
    // The error itself is said in any case; a directory without a lock is none of a run.
    guard (try? exists(run.lock)) == true else { return }
    try? run.note("error", ["stage": .string(command), "message": .string("\(error)")])
}
