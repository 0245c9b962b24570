package import struct FoundationEssentials.URL

/// Why the warehouse could not be opened, written or asked.
package enum WarehouseError: Error, Equatable {
    /// Another process is writing; try again later.
    case locked(file: URL)
    case missing(file: URL)
    case cannotOpen(file: URL, reason: String)
    case cannotWrite(file: URL, reason: String)
    case notAWarehouse(file: URL, reason: String)
    case damaged(file: URL, reason: String)
    case newerSchema(file: URL, found: Int, known: Int)
    /// It lacks what is asked for; writing brings it to the newest version.
    case olderSchema(file: URL, found: Int, known: Int)
    /// Something else stands recorded under the same key.
    case conflict(table: String, key: String, column: String, recorded: String, offered: String)
    /// A record breaks a rule of the schema.
    case refused(table: String, key: String, reason: String)
    case notFinite(table: String, key: String, column: String)
    /// A spec was recorded that this version of qid does not know.
    case unreadableSpec(name: String, reason: String)
    /// A question in SQL that SQLite cannot answer; line and column count from 1, where SQLite's message tells them.
    case query(message: String, line: Int?, column: Int?)
}

extension WarehouseError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .locked(let file): "another process is writing '\(Self.path(file))', try again when it has finished"
        case .missing(let file): "there is no warehouse at '\(Self.path(file))', recording makes one"
        case .cannotOpen(let file, let reason): "cannot open '\(Self.path(file))': \(reason)"
        case .cannotWrite(let file, let reason): "cannot write '\(Self.path(file))': \(reason)"
        case .notAWarehouse(let file, let reason): "'\(Self.path(file))' is not a warehouse of qid: \(reason)"
        case .damaged(let file, let reason):
            "'\(Self.path(file))' is damaged (\(reason)), move it away and record the store's evaluations again"
        case .newerSchema(let file, let found, let known):
            "'\(Self.path(file))' has schema version \(found), this qid knows versions up to \(known)"
        case .olderSchema(let file, let found, let known):
            "'\(Self.path(file))' has schema version \(found), 'qid record' brings it to version \(known)"
        case .conflict(let table, let key, let column, let recorded, let offered):
            "\(table) '\(key)' stands recorded with \(column) \(Self.excerpt(recorded)), not \(Self.excerpt(offered))"
        case .refused(let table, let key, let reason): "\(table) '\(key)' breaks a rule of the warehouse: \(reason)"
        case .notFinite(let table, let key, let column): "\(column) of \(table) '\(key)' is not a finite number"
        case .unreadableSpec(let name, let reason):
            "spec '\(name)' was recorded by another version of qid, which this one cannot read: \(reason)"
        case .query(let message, let line?, let column?): "line \(line), column \(column): \(message)"
        case .query(let message, _, _): message
        }
    }

    /// A value as a message quotes it: whole if it is short.
    private static func excerpt(_ value: String) -> String {
        value.count <= 120 ? value : value.prefix(120) + "…"
    }

    private static func path(_ file: URL) -> String { file.path(percentEncoded: false) }
}
