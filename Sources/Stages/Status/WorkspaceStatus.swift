package import FoundationEssentials
import Pipeline
import Records
import System

/// What a workspace holds, what its runs still miss, and what the last of them did.
package struct WorkspaceStatus: Sendable {
    /// Checkpoints, compressed forms or evaluations of the store.
    struct Holding: Sendable {
        let name: String
        let count: Int
        let byteCount: Int
    }

    /// How far a run's cells are.
    struct Run: Sendable {
        let name: String
        let cells: Int
        let evaluated: Int
        /// Cells that cannot be made.
        let refused: Int
        let isReported: Bool
        /// What its log says of the last time that it was asked for; nil for a run of an older version.
        let activity: RunActivity?

        var left: Int { cells - evaluated - refused }
    }

    let root: URL
    let holdings: [Holding]
    /// Places of archives that hold no usable checkpoint.
    let badSources: Int
    /// Files and folders that crashes left in `tmp/`.
    let leftovers: Int
    /// Oldest first.
    let runs: [Run]

    package init(_ location: URL) throws(StageError) {
        let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
        root = workspace.root
        holdings = try [
            ("checkpoints", workspace.checkpoints), ("compressed", workspace.compressed),
            ("evaluations", workspace.evaluations),
        ].map { (name, directory) throws(StageError) in
            Holding(
                name: name, count: try names(in: directory).filter { !$0.hasPrefix(".") }.count,
                byteCount: try attempt { () throws(SystemError) in try byteCount(directory) })
        }
        badSources = try sourceRecords(in: workspace).count { $0.digest == nil }
        leftovers = try names(in: workspace.temporary).count
        let directories = try attempt { () throws(WorkspaceError) in try workspace.runDirectories() }
        let contents = try StoreContents(workspace)
        runs = try directories.map { (run) throws(StageError) in try Run(run, contents, in: workspace) }
    }
}

extension WorkspaceStatus.Run {
    fileprivate init(_ run: RunDirectory, _ contents: StoreContents, in workspace: Workspace) throws(StageError) {
        let lock = try attempt { () throws(ManifestError) in try Lock(file: run.lock) }
        let cells = lock.cells
        let (missing, refused) = try workspace.missing(of: cells, contents)
        self.init(
            name: run.name, cells: cells.count, evaluated: cells.count - missing.count - refused, refused: refused,
            isReported: try exists(run.report.appending(path: "index.html")),
            activity: RunActivity(try attempt { () throws(WorkspaceError) in try run.events() }))
    }
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
