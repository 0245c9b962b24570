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

    private(set) var turns: [Turn] = []
    private let room: DiskRoom
    /// Bytes of all compressed forms together, at the most.
    private(set) var byteCount = 0
    private(set) var work = 0.0

    /// - Parameter disk: bytes that the workspace may hold; nine tenths of what is free if nil.
    init(
        of lock: Lock, _ cells: [Cell], in workspace: Workspace, _ pipeline: PipelineFile, _ disk: Int?
    ) throws(StageError) {
        let contents = try StoreContents(workspace)
        var missing: [Int] = []
        for (index, cell) in cells.enumerated() where !contents.isEvaluated(cell) {
            if try !workspace.isRefusedForGood(cell) { missing.append(index) }
        }
        guard !missing.isEmpty else {
            room = DiskRoom(workspace: workspace, budget: disk ?? .max)
            return
        }
        let (budget, capacity) = try Self.capacity(
            of: workspace, disk, growth: Self.recordsByteCount + missing.count * lock.recordByteCount)
        room = DiskRoom(workspace: workspace, budget: budget)
        // A job array is one turn, unless the disk is too small.
        let share = if case .slurm = pipeline[.evaluate] { Double.infinity } else { Self.workOfTurn }
        let tokens = try lock.scoredTokens()
        var turn: Turn?
        for index in missing {
            let need = try workspace.need(of: cells[index], contents)
            guard need.compressed + need.unpacked <= capacity else {
                throw .diskTooSmall(
                    cell: "\(cells[index].name) of checkpoint \(cells[index].checkpoint.digest.prefix(12))",
                    needed: need.compressed + need.unpacked, capacity: capacity)
            }
            byteCount += need.compressed
            if let full = turn, !full.takes(cells[index], need, capacity: capacity, work: share) {
                turns.append(full)
                turn = nil
            }
            turn = turn ?? Turn(cells: index...index)
            turn?.add(index, cells[index], need, tokens: tokens)
        }
        if let turn { turns.append(turn) }
        work = turns.reduce(0) { $0 + $1.work }
    }

    /// Compresses and evaluates turn after turn; where there are several, each is recorded at its end.
    func perform(_ stages: inout StageSequence, _ run: RunDirectory) throws(StageError) {
        for turn in turns {
            try room.make(turn.byteCount, keeping: turn.checkpoints)
            let part = turns.count == 1 ? [] : ["--only", "\(turn.cells.lowerBound)-\(turn.cells.upperBound)"]
            try stages.perform(.quantize, on: run.lock, part + ["--unmeasured"])
            try stages.perform(.evaluate, on: run.lock, part)
            if turns.count > 1 { try stages.perform(.record, on: run.lock) }
        }
    }

    /// What warehouse, log and report take however few cells there are, in bytes.
    private static let recordsByteCount = 600_000

    /// Operations that are worth starting processes for: some minutes of two cores.
    private static let workOfTurn = 2e13

    /// What the workspace may hold, and how much of that there is for what can go again.
    private static func capacity(
        of workspace: Workspace, _ disk: Int?, growth: Int
    ) throws(StageError) -> (budget: Int, capacity: Int) {
        let room = DiskRoom(workspace: workspace, budget: .max)
        let held = try room.heldByteCount()
        let free = try attempt { () throws(SystemError) in try freeByteCount(at: workspace.root) }
        let possible = held + free / 10 * 9
        let budget = min(disk ?? possible, possible)
        return (budget, budget - (held - (try room.freeableByteCount())) - growth)
    }
}

extension MeasurementTurns.Turn {
    func takes(_ cell: Cell, _ need: DiskNeed, capacity: Int, work share: Double) -> Bool {
        let isNew = !checkpoints.contains(cell.checkpoint.digest)
        return byteCount + need.compressed + (isNew ? need.unpacked : 0) <= capacity && !(isNew && work >= share)
    }

    mutating func add(_ index: Int, _ cell: Cell, _ need: DiskNeed, tokens: Int) {
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

    /// About what evaluation, warehouse and report grow by with a cell, in bytes.
    fileprivate var recordByteCount: Int { 5000 + 40 * (windows ?? 1024) }
}
