package import FoundationEssentials
import Kernels
package import Pipeline
import Records
import System

/// Repeats a run from its lock in a workspace of its own, from the archives on, and compares every digest and loss with
/// what the first one left.
///
/// Matrix products are computed as they were, where this processor can. Where it cannot, losses need only agree to
/// `Comparison.tolerance`, and what was made by looking at activations may differ in its bits.
///
/// - Returns: success if all are equal, `badInput` if something differs; each difference is named.
package func verify(lock file: URL, workspace location: URL) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let lock = try attempt { () throws(ManifestError) in try Lock(file: file) }
    let inputs = try lock.checkInputs()
    let place = workspace.temporary.appending(path: "verify-\(UUID().uuidString)", directoryHint: .isDirectory)
    defer { try? removeTree(place) }
    let (repeated, sign) = try occupy(place, in: workspace)
    defer { sign.release() }
    let runner = StageRunner(pipeline: .local)
    let products = try products(of: lock, in: workspace)
    for stage in [Stage.ingest, .quantize, .evaluate] {
        let end = try attempt { () throws(WorkspaceError) in
            try runner.run(
                stage, ["--workspace", place.path, "--manifest", file.path],
                variables: products.map { ["QID_KERNELS": $0.level.rawValue] } ?? [:], logs: repeated.temporary.path)
        }
        // What cannot be repeated shows as missing below; anything but bad input ends here.
        guard [ExitStatus.success, .badInput].contains(ExitStatus(end)) else {
            throw .stageFailed(stage, end)
        }
    }
    let beside = RunDirectory.windowsUsed(besideLock: file)
    let isThere = try exists(beside)
    let used = try attempt { () throws(ManifestError) in
        isThere ? try WindowsUsed(file: beside) : lock.windowsUsed
    }
    // What is compared stays while it is.
    let store = try hold(workspace.storeLock, .shared)
    defer { store.release() }
    let comparison = try Comparison(lock, used, first: workspace, second: repeated)
    try inputs.checkUnchanged()
    for difference in comparison.differences { print(difference) }
    print(comparison.summary)
    return comparison.differences.isEmpty ? .success : .badInput
}

/// Makes a workspace in `tmp/` of another one and holds its sign, which 'qid gc' looks for.
private func occupy(_ place: URL, in workspace: Workspace) throws(StageError) -> (Workspace, FileLock) {
    let store = try hold(workspace.storeLock, .shared)
    defer { store.release() }
    let repeated = try attempt { () throws(WorkspaceError) in try Workspace(creating: place) }
    return (repeated, try hold(repeated.verifyLock))
}

extension Workspace {
    /// Held while a run is repeated in this workspace.
    var verifyLock: URL { root.appending(path: "verify.lock") }

    /// What may go from `tmp/`: all but workspaces in which a run is being repeated now.
    func leftovers() throws(StageError) -> [URL] {
        var found: [URL] = []
        for name in try names(in: temporary) {
            let place = temporary.appending(path: name)
            let sign = place.appending(path: verifyLock.lastPathComponent)
            let isInUse = try attempt { () throws(SystemError) in
                guard try FileStatus(link: place)?.kind == .directory, try System.exists(sign) else { return false }
                return try FileLock(sign) == nil
            }
            if !isInUse { found.append(place) }
        }
        return found
    }
}

/// How all cells of a lock were multiplied; nil where they differ or none is there.
private func products(of lock: Lock, in workspace: Workspace) throws(StageError) -> PanelForm? {
    var found: Set<PanelForm> = []
    for cell in lock.cells where try exists(workspace.evaluation(cell.evaluation)) {
        found.insert(try evaluationRecord(at: workspace.evaluation(cell.evaluation)).products)
    }
    return found.count == 1 ? found.first : nil
}

extension Lock {
    /// Makes sure that the shards and the tokenizer are still the ones the lock was made of.
    func checkInputs() throws(StageError) -> WatchedInputs { try Self.check([shard, tokenizer, calibration?.shard]) }

    /// Makes sure that the inputs of calibration are still the ones the lock was made of.
    func checkCalibration() throws(StageError) -> WatchedInputs { try Self.check([calibration?.shard, tokenizer]) }

    private static func check(_ inputs: [Input?]) throws(StageError) -> WatchedInputs {
        var watched = WatchedInputs()
        for case let input? in inputs {
            let file = URL(filePath: input.path)
            guard try exists(file) else { throw .missing(path: input.path, what: "the lock was made of it") }
            try watched.watch(file)
            let found = try fileDigest(URL(filePath: input.path), what: "the lock was made of it")
            guard found == input.sha256 else {
                throw .changed(path: input.path, expected: input.sha256, found: found)
            }
        }
        return watched
    }
}

/// What two workspaces hold for the cells of one lock.
private struct Comparison {
    /// What losses by other products may differ by, in nats: some ten times what they were seen to.
    static let tolerance = 1e-6

    private(set) var differences: [String] = []
    private var equal = 0
    /// Losses equal to rounding, by other products.
    private var close = 0
    /// Cells that neither could make.
    private var refused = 0
    private let total: Int

    init(_ lock: Lock, _ windowsUsed: WindowsUsed, first: Workspace, second: Workspace) throws(StageError) {
        let cells = lock.cells
        total = cells.count
        for cell in cells {
            let name = "\(cell.checkpoint.digest.prefix(12)) \(cell.name)"
            if try first.isRefusedAndAbsent(cell), try second.isRefusedAndAbsent(cell) {
                refused += 1
                continue
            }
            let others = close
            try compareEvaluations(first.evaluation(cell.evaluation), second.evaluation(cell.evaluation), name)
            if close == others, let key = cell.compressed {
                try compareDirectories(first.compressed(key), second.compressed(key), name)
            }
            try compareWindows(windowsUsed[cell], second.evaluation(cell.evaluation), name)
        }
    }

    var summary: String {
        let rounding = close == 0 ? "" : ", \(close) to rounding by another processor's products"
        return differences.isEmpty
            ? "repeated: all \(total - refused) cells have the same digests and losses\(rounding)"
                + (refused == 0 ? "" : ", and \(refused) were refused again")
            : "not repeated: \(differences.count) differences, \(equal) of \(total) losses equal\(rounding)"
    }

    private mutating func compareDirectories(_ first: URL, _ second: URL, _ name: String) throws(StageError) {
        // Compressed checkpoints may have been collected; their evaluations tell as much.
        guard try exists(first) else { return }
        let sums = try [first, second].map { (place) throws(StageError) in
            try exists(place)
                ? attempt { () throws(SystemError) in try readFile(place.appending(path: Checksums.name)) } : []
        }
        try Checksums.verify(first)
        if sums[0] != sums[1] { differences.append("\(name): compressed checkpoint differs from '\(first.path)'") }
    }

    private mutating func compareEvaluations(_ first: URL, _ second: URL, _ name: String) throws(StageError) {
        guard try exists(first) else { return differences.append("\(name): not in the workspace; run the lock again") }
        guard try exists(second) else { return differences.append("\(name): could not be repeated") }
        let (known, now) = (try evaluationRecord(at: first), try evaluationRecord(at: second))
        if known == now {
            equal += 1
        } else if known.products != now.products, abs(known.score.loss - now.score.loss) <= Self.tolerance {
            close += 1
        } else {
            differences.append("\(name): loss \(known.score.loss) then, \(now.score.loss) now")
        }
    }

    /// Compares with what the run recorded once it knew.
    private mutating func compareWindows(_ recorded: Int?, _ second: URL, _ name: String) throws(StageError) {
        guard let recorded, try exists(second) else { return }
        let now = try evaluationRecord(at: second).score.windows.count
        if now != recorded { differences.append("\(name): \(recorded) windows then, \(now) now") }
    }
}
