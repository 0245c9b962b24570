import FoundationEssentials
import Pipeline
import Records
import System

/// Keeps a workspace within a number of bytes by taking away what can be made or unpacked again, the oldest first:
/// compressed checkpoints that no run still has to evaluate, and weights that were unpacked from an archive.
struct DiskRoom {
    let workspace: Workspace
    /// Bytes that the workspace may hold.
    let budget: Int

    /// Sees to it that so many bytes more fit; the weights of checkpoints that the caller is about to read stay.
    ///
    /// Nobody may be adding to the store or reading from it meanwhile.
    func make(_ byteCount: Int, keeping checkpoints: Set<String> = []) throws(StageError) {
        var held = try heldByteCount()
        guard held + byteCount > budget else { return }
        let alone = try hold(workspace.storeLock)
        defer { alone.release() }
        let compressed = try neededCompressed(in: workspace, evenIfMeasured: false)
        for candidate in try candidates().sorted(by: { $0.modified < $1.modified }) {
            guard held + byteCount > budget else { return }
            guard !checkpoints.contains(candidate.name), !compressed.contains(candidate.name) else { continue }
            held -= candidate.byteCount
            try remove(candidate)
        }
        guard held + byteCount <= budget else {
            throw .diskFull(path: workspace.root.path, held: held, needed: byteCount, budget: budget)
        }
    }

    /// Bytes of all that the workspace holds.
    func heldByteCount() throws(StageError) -> Int {
        try attempt { () throws(SystemError) in try allocatedByteCount(workspace.root) }
    }

    /// Bytes that could be freed, whoever may still want them.
    func freeableByteCount() throws(StageError) -> Int { try candidates().reduce(0) { $0 + $1.byteCount } }

    private struct Candidate {
        enum Kind { case compressed, weights, leftover }
        let kind: Kind
        let name: String
        let place: URL
        let byteCount: Int
        let modified: Int
    }

    private func candidates() throws(StageError) -> [Candidate] {
        try candidates(.compressed, in: workspace.compressed) + candidates(.weights, in: workspace.checkpoints)
            // A run that is being verified works there.
            + candidates(.leftover, in: workspace.temporary).filter { !$0.name.hasPrefix("verify-") }
    }

    private func candidates(_ kind: Candidate.Kind, in directory: URL) throws(StageError) -> [Candidate] {
        var found: [Candidate] = []
        for name in try names(in: directory) {
            let place = directory.appending(path: name)
            try attempt { () throws(SystemError) in
                let bytes = kind == .weights ? try ownWeights(in: place).byteCount : try allocatedByteCount(place)
                guard let status = try FileStatus(link: place), bytes > 0 else { return }
                found.append(
                    Candidate(kind: kind, name: name, place: place, byteCount: bytes, modified: status.modified))
            }
        }
        return found
    }

    private func remove(_ candidate: Candidate) throws(StageError) {
        try attempt { () throws(SystemError) in
            guard candidate.kind == .weights else { return try removeTree(candidate.place) }
            let mark = workspace.evictionMark(of: candidate.name)
            // Whoever is killed here leaves a checkpoint that is unpacked again, not one that looks damaged.
            if try !System.exists(mark) { try writeFile([], to: mark) }
            try synchronize(candidate.place)
            for file in try ownWeights(in: candidate.place).files { try removeFile(file) }
        }
    }

    /// Files of weights that lie in a checkpoint's directory itself: what is linked belongs to someone else.
    private func ownWeights(in directory: URL) throws(SystemError) -> (files: [URL], byteCount: Int) {
        var (files, sum): ([URL], Int) = ([], 0)
        for name in try namesIfThere(in: directory) where name.hasSuffix(weightSuffix) {
            let file = directory.appending(path: name)
            guard let status = try FileStatus(link: file), status.kind == .file else { continue }
            files.append(file)
            sum += status.allocatedByteCount
        }
        return (files, sum)
    }
}

/// Bytes of the disk that a file takes, or a directory with all below it; what links point to belongs to someone else.
private func allocatedByteCount(_ place: URL) throws(SystemError) -> Int {
    guard let status = try FileStatus(link: place) else { return 0 }
    var sum = status.allocatedByteCount
    guard status.kind == .directory else { return sum }
    for name in try namesIfThere(in: place) { sum += try allocatedByteCount(place.appending(path: name)) }
    return sum
}

extension Workspace {
    /// Says that a checkpoint's weights had to make room.
    func evictionMark(of digest: String) -> URL { checkpoint(digest).appending(path: "weights.evicted") }
}
