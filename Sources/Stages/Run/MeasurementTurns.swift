import FoundationEssentials
import LanguageModel
import Pipeline
import Records
import System

/// In which turns a run's missing cells are measured: those of a turn are compressed and evaluated before the next one's.
///
/// Cells of one checkpoint stand together, so that its first losses are known early and its baseline is computed once,
/// unless the disk does not hold the compressed forms of one checkpoint at a time.
struct MeasurementTurns {
    /// Cells next to each other in their lock.
    struct Turn {
        var cells: ClosedRange<Int>
        /// Bytes that it may add to the store, at the most.
        var byteCount = 0
        /// Operations of its evaluations.
        var work = 0.0
        /// Digests of the checkpoints it reads.
        var checkpoints: Set<String> = []
    }

    let turns: [Turn]

    /// Plans for what the disk has room for now.
    ///
    /// Cells before `first` are left as they are. `disk` is what the workspace may hold, nine tenths of what is free if nil.
    init(
        of lock: Lock, _ cells: [Cell], from first: Int = 0, in workspace: Workspace, _ pipeline: PipelineFile,
        _ disk: Int?
    ) throws(StageError) {
        let contents = try StoreContents(workspace)
        var missing: [Int] = []
        for index in first..<max(first, cells.count) where !contents.isMeasured(cells[index], for: lock) {
            if try !workspace.isRefusedForGood(cells[index]) { missing.append(index) }
        }
        guard !missing.isEmpty else {
            turns = []
            return
        }
        let capacity = try workspace.capacity(disk, growth: missing.count * lock.recordByteCount)
        // A job array is one turn, unless the disk is too small.
        let share = if case .slurm = pipeline[.evaluate] { Double.infinity } else { Self.workOfTurn }
        let tokens = try lock.scoredTokens()
        var (turns, turn): ([Turn], Turn?) = ([], nil)
        for index in missing {
            let need = try workspace.need(of: cells[index], contents)
            guard need.compressed + need.unpacked <= capacity else {
                throw .diskTooSmall(
                    cell: "\(cells[index].name) of checkpoint \(cells[index].checkpoint.digest.prefix(12))",
                    needed: need.compressed + need.unpacked, capacity: capacity)
            }
            if let full = turn, !full.takes(cells[index], need, capacity: capacity, work: share) {
                turns.append(full)
                turn = nil
            }
            turn = turn ?? Turn(cells: index...index)
            turn?.add(index, cells[index], need, tokens: tokens)
        }
        self.turns = turns + (turn.map { [$0] } ?? [])
    }

    /// Operations that are worth starting processes for: some minutes of two cores.
    private static let workOfTurn = 2e13
}

extension Run {
    /// Compresses and evaluates what is missing, turn after turn; where there are several, each is recorded at its end.
    func measure(
        _ lock: Lock, _ cells: [Cell], _ stages: inout StageSequence, _ run: RunDirectory, in workspace: Workspace,
        _ pipeline: PipelineFile, _ disk: Int?
    ) throws(StageError) {
        var (next, isOnly) = (0, true)
        while true {
            // Planned anew each time, since what was measured has grown meanwhile.
            let turns = try MeasurementTurns(of: lock, cells, from: next, in: workspace, pipeline, disk).turns
            guard let turn = turns.first else { return }
            isOnly = isOnly && turns.count == 1
            try workspace.room(disk).make(turn.byteCount, keeping: turn.checkpoints)
            let part = isOnly ? [] : ["--only", "\(turn.cells.lowerBound)-\(turn.cells.upperBound)"]
            let worst = stages.worst
            try stages.compressAndEvaluate(run.lock, part)
            if try workspace.lacksForms(of: cells[turn.cells]) {
                // What was damaged has been taken away.
                stages.worst = worst
                try stages.compressAndEvaluate(run.lock, part)
            }
            if !isOnly { try stages.perform(.record, on: run.lock) }
            next = turn.cells.upperBound + 1
        }
    }
}

extension StageSequence {
    fileprivate mutating func compressAndEvaluate(_ lock: URL, _ part: [String]) throws(StageError) {
        try perform(.quantize, on: lock, part + ["--unmeasured"])
        try perform(.evaluate, on: lock, part)
    }
}

extension Workspace {
    /// Whether a cell is not evaluated whose compressed form is neither there nor impossible.
    fileprivate func lacksForms(of cells: ArraySlice<Cell>) throws(StageError) -> Bool {
        for cell in cells {
            guard let key = cell.compressed, try !exists(compressed(key)), try !exists(evaluation(cell.evaluation))
            else { continue }
            if try knownRefusal(of: key) == nil { return true }
        }
        return false
    }

    /// Room within so many bytes, or within nine tenths of what is free.
    func room(_ disk: Int?) throws(StageError) -> DiskRoom {
        let held = try DiskRoom(workspace: self, budget: 0).heldByteCount()
        let free = try attempt { () throws(SystemError) in try freeByteCount(at: root) }
        let possible = held + free / 10 * 9
        return DiskRoom(workspace: self, budget: min(disk ?? possible, possible))
    }

    /// How many bytes there are for what can go again, when records grow by `growth`.
    fileprivate func capacity(_ disk: Int?, growth: Int) throws(StageError) -> Int {
        let room = try room(disk)
        return room.budget - (try room.heldByteCount() - room.freeableByteCount()) - Self.recordsByteCount - growth
    }

    /// What warehouse, log and report take however few cells there are, in bytes.
    private static let recordsByteCount = 600_000
}

extension MeasurementTurns.Turn {
    fileprivate func takes(_ cell: Cell, _ need: DiskNeed, capacity: Int, work share: Double) -> Bool {
        let isNew = !checkpoints.contains(cell.checkpoint.digest)
        return byteCount + need.compressed + (isNew ? need.unpacked : 0) <= capacity && !(isNew && work >= share)
    }

    fileprivate mutating func add(_ index: Int, _ cell: Cell, _ need: DiskNeed, tokens: Int) {
        let isNew = checkpoints.insert(cell.checkpoint.digest).inserted
        cells = cells.lowerBound...index
        byteCount += need.compressed + (isNew ? need.unpacked : 0)
        let size = cell.checkpoint.size
        work +=
            2 * (Double(size.nonEmbeddingParameters) + Double(size.width) * Double(size.vocabulary)) * Double(tokens)
    }
}

extension Lock {
    /// Tokens that a cell scores, at the most; of a whole shard about how many it has, four bytes each.
    func scoredTokens() throws(StageError) -> Int {
        if let windows { return windows * context }
        let file = URL(filePath: shard.path)
        let bytes = try attempt { () throws(SystemError) in try FileStatus(file)?.byteCount } ?? 0
        return ["gz", "zst"].contains(file.pathExtension) ? bytes : bytes / 4
    }

    /// About what evaluation, warehouse and report grow by with a cell, in bytes, as the demo's do: 23 kB for 128 windows.
    fileprivate var recordByteCount: Int { 8000 + 150 * (windows ?? 1024) }
}
