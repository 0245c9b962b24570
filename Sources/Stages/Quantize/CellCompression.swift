import Checkpoint
import Compression
import Evaluation
import FoundationEssentials
import JSON
import LanguageModel
import Pipeline
import Records
import System

/// Compresses cells of one checkpoint and publishes each result.
struct CellCompression {
    let lock: Lock
    let workspace: Workspace
    let memory: Int
    /// The calibration shard and the tokenizer of the lock.
    let inputs: WatchedInputs
    /// The compressed checkpoints that are wanted; of others only the errors of their layers are.
    let kept: Set<ArtifactKey>
    private let streams = TokenStreams()
    private let notices = Notices()

    /// Compresses by all specs of cells that are calibrated alike.
    ///
    /// - Returns: how many of the cells could not be made; each was named.
    func compress(_ cells: [Cell], progress: @escaping @Sendable (Double) -> Void) throws(StageError) -> Int {
        var inputs = inputs
        do throws(StageError) {
            let fitting = try fitting(cells)
            let bad = cells.count - fitting.count
            guard !fitting.isEmpty else { return bad }
            let checkpoint = try openCheckpoint(cells[0].checkpoint, in: workspace)
            inputs.watch(checkpoint)
            let text = try calibration(cells[0]).map { (request, identity) throws(StageError) in
                (try request.windows(for: checkpoint, streams).fitted, identity)
            }
            return try bad + publish(fitting, checkpoint, text, inputs, progress)
        } catch  where error.isOfCell {
            // The checkpoint itself or the text is to blame.
            try workspace.refuse(cells, of: .quantize, because: inputs.cause(of: error))
            return cells.count
        }
    }

    private typealias Text = (windows: TokenWindows, identity: JSONValue)

    /// The cells whose specs fit the checkpoint's shapes, which is asked anew each time because it reads no weights, and
    /// which did not fail for the checkpoint's values before.
    private func fitting(_ cells: [Cell]) throws(StageError) -> [Cell] {
        try restoreIfEvicted(cells[0].checkpoint, in: workspace)
        let directory = workspace.checkpoint(cells[0].checkpoint.digest)
        let checkpoint = try attempt { () throws(CheckpointError) in try Checkpoint(directory: directory) }
        let modules = try description(of: checkpoint).compressibleModules
        let misfits = try attempt { () throws(CompressionError) in
            try Compression.misfits(of: cells.compactMap(\.spec), to: checkpoint, modules: modules)
        }
        var fitting: [Cell] = []
        for (cell, misfit) in zip(cells, misfits) {
            if let misfit {
                try workspace.refuse([cell], of: .quantize, because: .compression(misfit))
            } else if let key = cell.compressed, let known = try workspace.knownRefusal(of: key), known.isFinal {
                report("quantize: \(known.subject): \(known.reason)")
            } else {
                fitting.append(cell)
            }
        }
        return fitting
    }

    /// Compresses and publishes cells together, or each by itself where one of them fails; returns how many do.
    private func publish(
        _ cells: [Cell], _ checkpoint: Checkpoint, _ text: Text?, _ inputs: WatchedInputs,
        _ progress: @escaping @Sendable (Double) -> Void
    ) throws(StageError) -> Int {
        do throws(StageError) {
            try publishTogether(cells, checkpoint, text, inputs, progress)
            return 0
        } catch  where error.isOfCell {
            try inputs.checkUnchanged()
            guard cells.count > 1 else {
                try workspace.refuse(cells, of: .quantize, because: error)
                return 1
            }
        }
        var bad = 0
        for cell in cells { bad += try publish([cell], checkpoint, text, inputs, progress) }
        return bad
    }

    /// Either all results are published or none.
    private func publishTogether(
        _ cells: [Cell], _ checkpoint: Checkpoint, _ text: Text?, _ inputs: WatchedInputs,
        _ progress: @escaping @Sendable (Double) -> Void
    ) throws(StageError) {
        let drafts = cells.map { _ in
            workspace.temporary.appending(path: UUID().uuidString, directoryHint: .isDirectory)
        }
        defer { for draft in drafts { try? removeTree(draft) } }
        var targets: [CompressionTarget] = []
        for (cell, draft) in zip(cells, drafts) {
            guard let spec = cell.spec else { continue }
            try attempt { () throws(SystemError) in try makeDirectory(draft) }
            targets.append(CompressionTarget(spec, directory: draft))
        }
        let factors = try Stages.compress(
            checkpoint, into: targets, source: cells[0].checkpoint.digest, calibration: text, memory: memory,
            progress: { progress(lock.calibration == nil ? $0 : $0 / 2) })
        try publishErrors(of: cells, drafts, factors, checkpoint) { progress(0.5 + $0 / 2) }
        for (cell, draft) in zip(cells, drafts) {
            guard let key = cell.compressed else { continue }
            try inputs.checkUnchanged()
            if kept.contains(key) {
                try Checksums.write(in: draft)
                try attempt { () throws(WorkspaceError) in
                    _ = try workspace.publish(directory: draft, at: workspace.compressed(key))
                }
            }
            try workspace.allow(key)
        }
    }

    /// Publishes what compression did to each layer, where there is text for that.
    ///
    /// A text that is of no use for it is named and costs no cell.
    private func publishErrors(
        of cells: [Cell], _ drafts: [URL], _ factors: [ChannelFactors], _ checkpoint: Checkpoint,
        progress: @escaping @Sendable (Double) -> Void
    ) throws(StageError) {
        guard let calibration = lock.calibration else { return }
        do throws(StageError) {
            let text = try calibration.request(lock).windows(for: checkpoint, streams)
            if let reservation = text.reservation {
                notices.report("quantize: \(calibration.shard.path): \(reservation)")
            }
            let compared = cells.indices.filter { cells[$0].distortion != nil }
            let errors = try layerErrors(
                of: compared.map { drafts[$0] }, compared.map { factors[$0] }, from: checkpoint, on: text.compared,
                memory: memory, progress: progress)
            for (index, layers) in zip(compared, errors) {
                let (cell, draft) = (cells[index], drafts[index])
                guard let wanted = cell.distortion, let compressed = cell.compressed else { continue }
                let provenance = try readJSON(draft.appending(path: "provenance.json")).object
                let record = DistortionRecord(
                    key: wanted.key.text, version: Stage.quantize.version, checkpoint: cell.checkpoint.digest,
                    artifact: compressed.text, calibration: wanted.calibration,
                    bitsPerWeight: provenance?["bits_per_weight"]?.double ?? 0,
                    isWhole: cell.spec?.whyNothingIsForetold == nil, isUnseen: text.areUnseen, layers: layers)
                try workspace.publish(record.json, at: workspace.distortion(wanted.key))
            }
        } catch  where error.isOfCell {
            report("quantize: errors of layers of checkpoint \(cells[0].checkpoint.digest.prefix(12)): \(error)")
        }
    }

    /// What a cell is calibrated on, if anything.
    private func calibration(_ cell: Cell) -> (CalibrationRequest, JSONValue)? {
        guard let identity = cell.calibration, let calibration = lock.calibration else { return nil }
        return (calibration.request(lock), identity)
    }
}
