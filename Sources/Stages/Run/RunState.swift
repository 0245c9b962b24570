import FoundationEssentials
import JSON
import Pipeline
import Records
import System
import Warehouse

/// All that a run's report depends on: where it is as it was when the report was made, nothing is left to do.
struct RunState {
    /// Keys of the evaluations that are not there.
    let unevaluated: [String]
    private let lockDigest: String
    private let evaluated: Int
    private let digest: String

    init(
        of resolution: Resolution, _ cells: [Cell], in workspace: Workspace
    ) throws(StageError) {
        let contents = try StoreContents(workspace)
        unevaluated = cells.filter { !contents.isEvaluated($0) }.map(\.evaluation.text)
        lockDigest = resolution.lock.digest
        evaluated = cells.count - unevaluated.count
        let layers =
            cells.filter(contents.isDistortionKnown).compactMap(\.distortion?.key.text)
            + cells.filter(contents.isProbed).compactMap(\.probe?.key.text)
        let identity: JSONValue = [
            "program_version": .string(programVersion), "lock_digest": .string(lockDigest),
            "unevaluated": .array(unevaluated.map { .string($0) }),
            "layers": .array(layers.map { .string($0) }),
            "problems": .array(resolution.problems.map { .array([.string($0.path), .string($0.reason)]) }),
            "findings": .array(resolution.findings.map { .array([.string($0.path), $0.finding.json]) }),
        ]
        digest = sha256(Array(identity.canonicalText.utf8))
    }

    /// Whether the run's report was made of this, and stands with its measurements in the warehouse.
    func isReported(in run: RunDirectory, _ workspace: Workspace) throws(StageError) -> Bool {
        let noted = try attempt { () throws(SystemError) in try readFileIfThere(run.reported) }
        guard noted.map({ String(decoding: $0, as: UTF8.self) }) == digest + "\n",
            try exists(run.report.appending(path: headlineName)), try exists(workspace.warehouse)
        else { return false }
        return try attempt { () throws(WarehouseError) in
            let reader = try WarehouseReader(reading: workspace.warehouse)
            guard try reader.isNewest() else { return false }
            return try reader.evaluationCount(ofRun: lockDigest) == evaluated
        }
    }

    /// Whether losses that stand recorded speak against one of the run's checkpoints.
    static func isDoubted(_ lock: Lock, in workspace: Workspace) throws(StageError) -> Bool {
        let paths = Set(lock.checkpoints.map(\.path))
        return try attempt { () throws(WarehouseError) in
            try WarehouseReader(reading: workspace.warehouse).findings().contains {
                $0.finding.kind == .lossOutOfLine && paths.contains($0.path)
            }
        }
    }

    /// Notes that the run's report was made of this.
    func note(in run: RunDirectory) throws(StageError) {
        try attempt { () throws(WorkspaceError) in try run.replace(Array((digest + "\n").utf8), at: run.reported) }
    }
}
