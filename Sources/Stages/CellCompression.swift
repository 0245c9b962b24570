import Compression
import FoundationEssentials
import JSON
import Pipeline

/// Compresses cells of one checkpoint and publishes each result.
struct CellCompression {
    let lock: Lock
    let workspace: Workspace
    let memory: Int
    private let streams = TokenStreams()

    init(lock: Lock, workspace: Workspace, memory: Int) {
        self.lock = lock
        self.workspace = workspace
        self.memory = memory
    }

    /// Compresses by all specs of cells that are calibrated alike; either all results are published or none.
    func compress(_ cells: [Cell], progress: @escaping @Sendable (Double) -> Void) throws(StageError) {
        let record = cells[0].checkpoint
        let checkpoint = try openCheckpoint(record, in: workspace)
        let text = try calibration(cells[0]).map { (request, identity) throws(StageError) in
            (try request.windows(for: checkpoint, streams), identity)
        }
        let drafts = cells.map { _ in
            workspace.temporary.appending(path: UUID().uuidString, directoryHint: .isDirectory)
        }
        defer { for draft in drafts { try? FileManager.default.removeItem(at: draft) } }
        var targets: [CompressionTarget] = []
        for (cell, draft) in zip(cells, drafts) {
            guard let spec = cell.spec else { continue }
            try attempt { () throws(WorkspaceError) in try makeDirectory(draft) }
            targets.append(CompressionTarget(spec, directory: draft))
        }
        try Stages.compress(
            checkpoint, into: targets, source: record.digest, calibration: text, memory: memory, progress: progress)
        for (cell, draft) in zip(cells, drafts) {
            guard let key = cell.compressed else { continue }
            try Checksums.write(in: draft)
            try attempt { () throws(WorkspaceError) in try workspace.move(draft, to: workspace.compressed(key)) }
        }
    }

    /// What a cell is calibrated on, if anything.
    private func calibration(_ cell: Cell) -> (CalibrationRequest, JSONValue)? {
        guard let identity = cell.calibration, let calibration = lock.calibration else { return nil }
        let text = Manifest.Calibration(
            shard: URL(filePath: calibration.shard.path), context: calibration.context, windows: calibration.windows)
        return (CalibrationRequest(text, tokenizer: lock.tokenizer.map { URL(filePath: $0.path) }), identity)
    }
}
