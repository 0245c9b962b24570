package import FoundationEssentials
package import Pipeline

/// Repeats a run from its lock in a workspace of its own, from the archives on, and compares every digest and loss with
/// what the first one left.
///
/// - Returns: success if all are equal, `badInput` if something differs; each difference is named.
package func verify(lock file: URL, workspace location: URL) throws(StageError) -> ExitStatus {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    let lock = try attempt { () throws(ManifestError) in try Lock(file: file) }
    try lock.checkInputs()
    let place = workspace.temporary.appending(path: "verify-\(UUID().uuidString)", directoryHint: .isDirectory)
    defer { try? FileManager.default.removeItem(at: place) }
    let repeated = try attempt { () throws(WorkspaceError) in try Workspace(creating: place) }
    let runner = StageRunner(pipeline: .local)
    for stage in [Stage.ingest, .quantize, .evaluate] {
        let status = try attempt { () throws(WorkspaceError) in
            try runner.run(
                stage, ["--workspace", place.path, "--manifest", file.path], logs: repeated.temporary.path)
        }
        // What cannot be repeated shows as missing below; anything but bad input ends here.
        guard [ExitStatus.success, .badInput].contains(ExitStatus(rawValue: status)) else {
            throw .stageFailed(stage, status: status)
        }
    }
    let comparison = try Comparison(lock, first: workspace, second: repeated)
    for difference in comparison.differences { print(difference) }
    print(comparison.summary)
    return comparison.differences.isEmpty ? .success : .badInput
}

extension Lock {
    /// Makes sure that the shards and the tokenizer are still the ones the lock was made of.
    func checkInputs() throws(StageError) { try Self.check([shard, tokenizer, calibration?.shard]) }

    /// Makes sure that the inputs of calibration are still the ones the lock was made of.
    func checkCalibration() throws(StageError) { try Self.check([calibration?.shard, tokenizer]) }

    private static func check(_ inputs: [Input?]) throws(StageError) {
        for case let input? in inputs {
            let found = try fileDigest(URL(filePath: input.path), what: "the lock was made of it")
            guard found == input.sha256 else {
                throw .changed(path: input.path, expected: input.sha256, found: found)
            }
        }
    }
}

/// What two workspaces hold for the cells of one lock.
private struct Comparison {
    private(set) var differences: [String] = []
    private var equal = 0
    /// Cells that neither could make.
    private var refused = 0
    private let total: Int

    init(_ lock: Lock, first: Workspace, second: Workspace) throws(StageError) {
        let cells = lock.cells
        total = cells.count
        for cell in cells {
            let name = "\(cell.checkpoint.digest.prefix(12)) \(cell.name)"
            if let key = cell.compressed {
                try compareDirectories(first.compressed(key), second.compressed(key), name)
            }
            if [first, second].allSatisfy({ !exists($0.evaluation(cell.evaluation)) && $0.isRefused(cell) }) {
                refused += 1
                continue
            }
            try compareEvaluations(first.evaluation(cell.evaluation), second.evaluation(cell.evaluation), name)
            try compareWindows(lock.windowsUsed(by: cell), second.evaluation(cell.evaluation), name)
        }
    }

    var summary: String {
        differences.isEmpty
            ? "repeated: all \(total - refused) cells have the same digests and losses"
                + (refused == 0 ? "" : ", and \(refused) were refused again")
            : "not repeated: \(differences.count) differences, \(equal) of \(total) losses equal"
    }

    private mutating func compareDirectories(_ first: URL, _ second: URL, _ name: String) throws(StageError) {
        // Compressed checkpoints may have been collected; their evaluations tell as much.
        guard exists(first) else { return }
        let sums = try [first, second].map { (place) throws(StageError) in
            exists(place)
                ? try attempt { () throws(WorkspaceError) in try readFile(place.appending(path: Checksums.name)) } : []
        }
        try Checksums.verify(first)
        if sums[0] != sums[1] { differences.append("\(name): compressed checkpoint differs from '\(first.path)'") }
    }

    private mutating func compareEvaluations(_ first: URL, _ second: URL, _ name: String) throws(StageError) {
        guard exists(first) else { return differences.append("\(name): not in the workspace; run the lock again") }
        guard exists(second) else { return differences.append("\(name): could not be repeated") }
        let (known, now) = (try evaluationArtifact(at: first), try evaluationArtifact(at: second))
        if known == now {
            equal += 1
        } else {
            differences.append("\(name): loss \(known.loss) then, \(now.loss) now")
        }
    }

    /// What the lock recorded once the run knew.
    private mutating func compareWindows(_ recorded: Int?, _ second: URL, _ name: String) throws(StageError) {
        guard let recorded, exists(second) else { return }
        let now = try evaluationArtifact(at: second).windowNLL.count
        if now != recorded { differences.append("\(name): \(recorded) windows then, \(now) now") }
    }
}
