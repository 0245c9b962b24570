import Foundation
import System
import Warehouse

/// All that a workspace says, by names that do not depend on the time.
struct WorkspaceSnapshot: Equatable {
    /// Files below `store/` and `runs/` by their paths, and what links lead to.
    private(set) var files: [String: [UInt8]] = [:]
    private(set) var rows: [String: [[SQLValue]]] = [:]

    init(_ workspace: URL) throws {
        for folder in ["store", "runs"] { try add(folder, in: workspace) }
        let reader = try WarehouseReader(reading: workspace.appending(path: "warehouse.sqlite"))
        for (table, columns) in Self.columns {
            rows[table] = try reader.query("SELECT \(columns) FROM \(table) ORDER BY 1, 2").rows
        }
    }

    private static let columns = [
        "evaluation": "key, checkpoint, spec, loss_nats, kl_nats", "window": "evaluation, position, nll_nats",
        "source": "path, checkpoint, tokens", "fit": "key, law, detail", "run": "name, lock_digest",
        "run_evaluation": "lock_digest, evaluation", "failure": "stage, subject, reason",
    ]

    /// The store's files, which say the same whenever they were made.
    var store: [String: [UInt8]] { files.filter { $0.key.hasPrefix("store/") } }

    /// What was measured: a run that an error cut short may have fitted and reported less, and said so.
    var measured: [String: [[SQLValue]]] {
        rows.filter { ["evaluation", "window", "source", "failure"].contains($0.key) }
    }

    private mutating func add(_ path: String, in workspace: URL) throws {
        let place = workspace.appending(path: path)
        switch try FileStatus(link: place)?.kind {
        case .directory:
            for name in try names(in: place) { try add("\(path)/\(name)", in: workspace) }
        case .link: files[path] = Array(place.resolvingSymlinksInPath().path.utf8)
        default:
            // When things were done, and a view of the lock that is made when it is needed.
            guard !["log.jsonl", "run.json", "reported.sha256"].contains(place.lastPathComponent) else { return }
            files[Self.withoutTime(path)] = try readFile(place)
        }
    }

    /// `runs/20260131T120000-tiny/…` without its time.
    private static func withoutTime(_ path: String) -> String { path.replacing(/runs\/[0-9TZ]+-/, with: "runs/") }

    /// Where another one differs, in words.
    func differences(from other: WorkspaceSnapshot) -> [String] {
        var found: [String] = []
        for name in Set(files.keys).union(other.files.keys).sorted() where files[name] != other.files[name] {
            let what = files[name] == nil ? "lacks" : other.files[name] == nil ? "has besides" : "has other bytes in"
            found.append("\(what) \(name)")
        }
        for name in Set(rows.keys).union(other.rows.keys).sorted() where rows[name] != other.rows[name] {
            found.append("\(rows[name]?.count ?? 0) rows of \(name), not \(other.rows[name]?.count ?? 0) or others")
        }
        return found
    }
}
