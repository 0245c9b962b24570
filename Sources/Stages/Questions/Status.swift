package import FoundationEssentials
import Pipeline
import Records
import System

/// What a workspace holds and what its runs still miss, for people.
package func status(of location: URL) throws(StageError) -> String {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    var lines = ["workspace \(workspace.root.path)"]
    let counts = [
        ("checkpoints", workspace.checkpoints), ("compressed", workspace.compressed),
        ("evaluations", workspace.evaluations),
    ]
    for (what, directory) in counts {
        let count = try names(in: directory).filter { !$0.hasPrefix(".") }.count
        lines.append(
            "  \(what): \(count), \(bytesText(try attempt { () throws(SystemError) in try byteCount(directory) }))")
    }
    let rejected = try sourceRecords(in: workspace).filter { $0.digest == nil }
    if !rejected.isEmpty { lines.append("  bad sources: \(rejected.count)") }
    let leftovers = try names(in: workspace.temporary).count
    if leftovers > 0 { lines.append("  left by crashes in tmp/: \(leftovers) ('qid gc' deletes them)") }
    for run in try attempt({ () throws(WorkspaceError) in try workspace.runDirectories() }) {
        let lock = try attempt { () throws(ManifestError) in try Lock(file: run.lock) }
        var (done, refused) = (0, 0)
        for cell in lock.cells {
            if try exists(workspace.evaluation(cell.evaluation)) {
                done += 1
            } else if try workspace.isRefused(cell) {
                refused += 1
            }
        }
        let report = try exists(run.report.appending(path: "index.html")) ? "reported" : "no report yet"
        let impossible = refused == 0 ? "" : ", \(refused) refused"
        lines.append("run \(run.name): \(done) of \(lock.cells.count) cells evaluated\(impossible), \(report)")
    }
    return lines.joined(separator: "\n") + "\n"
}

/// Bytes of all regular files below a directory; what symbolic links point to belongs to someone else.
func byteCount(_ place: URL) throws(SystemError) -> Int {
    guard let status = try FileStatus(link: place) else { return 0 }
    switch status.kind {
    case .file: return status.byteCount
    case .directory:
        var sum = 0
        for name in try namesIfThere(in: place) { sum += try byteCount(place.appending(path: name)) }
        return sum
    case .link, .other: return 0
    }
}

/// A number of bytes for people, in decimal units.
func bytesText(_ count: Int) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
    guard let (name, size) = units.first(where: { count >= $0.1 }) else { return "\(count) B" }
    return "\(count / size).\(count % size * 10 / size) \(name)"
}
