internal import FoundationEssentials
internal import GRDB
internal import Schemas

/// Which of the numbered migrations a database has had.
enum Schema {
    /// Marks a database as a warehouse: the letters "qid" and a 1, in SQLite's `application_id`.
    static let applicationID = 0x7169_6431
    static var newest: Int { Schemas.warehouseMigrations.count }

    /// The version of a warehouse; 0 for an empty file.
    static func version(_ database: Database, at file: URL) throws -> Int {
        let identity = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if identity == 0, version == 0, tables == 0 { return 0 }
        guard identity == applicationID else {
            throw WarehouseError.notAWarehouse(
                file: file, reason: "it is a database of another program, with application_id \(identity)")
        }
        guard version <= newest else {
            throw WarehouseError.newerSchema(file: file, found: version, known: newest)
        }
        return version
    }

    /// Brings a warehouse to the newest version; false where it had that.
    static func migrate(_ database: Database, at file: URL) throws -> Bool {
        let version = try version(database, at: file)
        guard version < newest else { return false }
        for text in Schemas.warehouseMigrations[version...] { try database.execute(sql: text) }
        try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(newest)")
        return true
    }
}
