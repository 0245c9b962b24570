package import FoundationEssentials
internal import GRDB
package import Records
import System

/// Whether a record was new.
package enum Recorded: Sendable, Equatable {
    case added
    /// It stood there already, with the same content.
    case present
}

/// The one process that may write a warehouse at a time.
///
/// The file is one SQLite database with a rollback journal: any SQLite program reads it at any moment, it may be copied as
/// it lies, it works on network file systems, and a process killed in the middle of a transaction leaves the state before it.
/// Every `record` is one transaction, and recording again what stands there does nothing.
package final class Warehouse: Sendable {
    /// The questions that may be asked while writing.
    package let reader: WarehouseReader
    private let connection: Connection
    private let lock: FileLock
    private let programVersion: String

    /// Opens a warehouse for writing, making it or bringing it to the newest schema where needed.
    ///
    /// Throws `locked` at once when another process is writing. The version of the program that writes stands beside what
    /// it adds.
    package init(
        writing file: URL, programVersion: String = Records.programVersion
    ) throws(WarehouseError) {
        self.programVersion = programVersion
        lock = try Self.lock(of: file)
        try Self.checkFile(file)
        connection = try Connection(file, readonly: false)
        reader = WarehouseReader(connection)
        if try connection.write({ try Schema.migrate($0, at: file) }) {
            // The name of a file that is new survives a power cut as well.
            try Self.attempt(on: file) { () throws(SystemError) in
                try synchronize(file.deletingLastPathComponent())
            }
        }
    }

    /// Makes sure that nothing is written where a link leads.
    private static func checkFile(_ file: URL) throws(WarehouseError) {
        try attempt(on: file) { () throws(SystemError) in
            guard try FileStatus(link: file)?.kind != .link else { throw SystemError(.write, file.path, .symbolicLink) }
        }
    }

    private static func attempt(on file: URL, _ body: () throws(SystemError) -> Void) throws(WarehouseError) {
        do throws(SystemError) { try body() } catch { throw .cannotWrite(file: file, reason: error.reason) }
    }

    /// The right to write, let go when the process ends however it ends.
    ///
    /// SQLite's own locks last one transaction each; this one lasts as long as its holder, so that a second writer can
    /// say that it will come back later instead of waiting. It lies on a file of its own because a lock on the database's
    /// file would meet SQLite's on network file systems.
    private static func lock(of file: URL) throws(WarehouseError) -> FileLock {
        let place = file.deletingLastPathComponent().appending(path: file.lastPathComponent + ".lock")
        do throws(SystemError) { if let lock = try FileLock(place) { return lock } } catch {
            throw .cannotWrite(file: file, reason: error.reason)
        }
        throw .locked(file: file)
    }

    /// Records one evaluation with its checkpoint, spec, shard and windows.
    ///
    /// `shardName` is what people call the shard; nil leaves the name that it has.
    @discardableResult
    package func record(
        _ evaluation: EvaluationRecord, shardName: String? = nil
    ) throws(WarehouseError) -> Recorded {
        try connection.write { database in
            try evaluation.checkpoint.row.insertOnce(database)
            try evaluation.scoring.record(shardName, database)
            try evaluation.compression?.spec.row.insertOnce(database)
            return try Self.insert(evaluation.row(programVersion: programVersion), evaluation.windowRows, database)
        }
    }

    /// Records what compression did to each layer of a checkpoint.
    @discardableResult
    package func record(_ distortion: DistortionRecord) throws(WarehouseError) -> Recorded {
        try connection.write { database in
            try Self.insert(distortion.row(programVersion: programVersion), distortion.layerRows, database)
        }
    }

    /// Records how much a checkpoint minds errors in its weights.
    @discardableResult
    package func record(_ probe: ProbeRecord, shardName: String? = nil) throws(WarehouseError) -> Recorded {
        try connection.write { database in
            try probe.checkpoint.row.insertOnce(database)
            try probe.scoring.record(shardName, database)
            return try Self.insert(probe.rows(programVersion: programVersion), database)
        }
    }

    /// Records where a checkpoint was found, in the place of what was said of that place before.
    @discardableResult
    package func record(
        _ source: SourceRecord, of checkpoint: CheckpointRecord
    ) throws(WarehouseError) -> Recorded {
        try connection.write { database in
            try checkpoint.row.insertOnce(database)
            return try source.row(of: checkpoint).replace(database) ? .added : .present
        }
    }

    /// Records a fit with its parameters, predictions and warnings.
    @discardableResult
    package func record(_ fit: FitRecord) throws(WarehouseError) -> Recorded {
        try connection.write { try Self.insert(fit.row(programVersion: programVersion), fit.belongings, $0) }
    }

    /// Records a finished run; its evaluations and fits must stand recorded.
    ///
    /// What it points to may change when a later version repeats it: the last time counts.
    @discardableResult
    package func record(_ run: RunRecord) throws(WarehouseError) -> Recorded {
        try connection.write { database in
            var changed = try run.row(programVersion: programVersion).insertOnce(database)
            for (table, column, keys) in run.links {
                let sql = "SELECT \(column) FROM \(table) WHERE lock_digest = ?"
                let known = try Set(String.fetchAll(database, sql: sql, arguments: [run.lockDigest]))
                guard known != Set(keys) else { continue }
                changed = true
                try database.execute(sql: "DELETE FROM \(table) WHERE lock_digest = ?", arguments: [run.lockDigest])
                for key in Set(keys).sorted() {
                    let fields: KeyValuePairs<String, SQLValue> = [
                        "lock_digest": .text(run.lockDigest), column: .text(key),
                    ]
                    try TableRow(table, key: fields).insertOnce(database)
                }
            }
            return changed ? .added : .present
        }
    }

    /// Records what a stage could not use, in the place of what it could not use the last time.
    package func record(failures: [Failure], of stage: String) throws(WarehouseError) {
        try connection.write { database in
            try database.execute(sql: "DELETE FROM failure WHERE stage = ?", arguments: [stage])
            for failure in failures { try failure.row.replace(database) }
        }
    }

    /// Records what is wrong or doubtful about places in archives, in the place of what was the last time.
    package func record(findings: [PlacedFinding]) throws(WarehouseError) {
        try connection.write { database in
            try database.execute(sql: "DELETE FROM finding")
            for finding in findings { try finding.row.replace(database) }
        }
    }

    /// Adds rows that come together, or finds them there.
    private static func insert(_ rows: [TableRow], _ database: Database) throws -> Recorded {
        guard let first = rows.first else { return .present }
        return try insert(first, Array(rows.dropFirst()), database)
    }

    /// Adds a row and all that belongs to it, or finds exactly these there.
    private static func insert(_ row: TableRow, _ belongings: [TableRow], _ database: Database) throws -> Recorded {
        let added = try row.insertOnce(database)
        for belonging in belongings {
            guard try belonging.insertOnce(database) == added else {
                throw WarehouseError.conflict(
                    table: row.table, key: row.name, column: belonging.table, recorded: "without '\(belonging.name)'",
                    offered: "with it")
            }
        }
        return added ? .added : .present
    }
}

extension ScoringRecord {
    /// Records the stream; its name is a label and may change, nothing else may.
    fileprivate func record(_ name: String?, _ database: Database) throws {
        let known = try String.fetchOne(
            database, sql: "SELECT name FROM shard WHERE digest = ?", arguments: [streamDigest])
        if let known, let name, known != name {
            try database.execute(sql: "UPDATE shard SET name = ? WHERE digest = ?", arguments: [name, streamDigest])
        }
        try shardRow(name: name ?? known ?? String(shard.digest.prefix(12))).insertOnce(database)
    }
}
