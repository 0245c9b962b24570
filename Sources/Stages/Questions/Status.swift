package import FoundationEssentials
import Pipeline

/// What a workspace holds and what its runs still miss, for people.
package func status(of location: URL) throws(StageError) -> String {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    var lines = ["workspace \(workspace.root.path)"]
    let counts = [
        ("checkpoints", workspace.checkpoints), ("compressed", workspace.compressed),
        ("evaluations", workspace.evaluations),
    ]
    for (what, directory) in counts {
        let count = names(in: directory).filter { !$0.hasPrefix(".") }.count
        lines.append("  \(what): \(count), \(bytesText(byteCount(directory)))")
    }
    let rejected = try sourceRecords(in: workspace).filter { $0.digest == nil }
    if !rejected.isEmpty { lines.append("  bad sources: \(rejected.count)") }
    let leftovers = names(in: workspace.temporary).count
    if leftovers > 0 { lines.append("  left by crashes in tmp/: \(leftovers) ('qid gc' deletes them)") }
    for run in workspace.runDirectories {
        let lock = try attempt { () throws(ManifestError) in try Lock(file: run.lock) }
        let done = lock.cells.filter { exists(workspace.evaluation($0.evaluation)) }.count
        let report = exists(run.report.appending(path: "index.html")) ? "reported" : "no report yet"
        let refused = lock.cells.count { !exists(workspace.evaluation($0.evaluation)) && workspace.isRefused($0) }
        let impossible = refused == 0 ? "" : ", \(refused) refused"
        lines.append("run \(run.name): \(done) of \(lock.cells.count) cells evaluated\(impossible), \(report)")
    }
    return lines.joined(separator: "\n") + "\n"
}

/// Bytes of all regular files below a directory; what symbolic links point to belongs to someone else.
func byteCount(_ directory: URL) -> Int {
    names(in: directory).reduce(0) { sum, name in
        let place = directory.appending(path: name)
        let attributes = try? FileManager.default.attributesOfItem(atPath: place.path)
        switch attributes?[.type] as? FileAttributeType {
        case .typeDirectory: return sum + byteCount(place)
        case .typeRegular: return sum + ((attributes?[.size] as? UInt64).map { Int(clamping: $0) } ?? 0)
        default: return sum
        }
    }
}

/// A number of bytes for people, in decimal units.
func bytesText(_ count: Int) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
    guard let (name, size) = units.first(where: { count >= $0.1 }) else { return "\(count) B" }
    return "\(count / size).\(count % size * 10 / size) \(name)"
}
