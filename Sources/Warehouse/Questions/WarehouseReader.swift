package import FoundationEssentials
internal import GRDB
import System

/// A warehouse to ask, never to change; any number of processes may read while one writes.
package struct WarehouseReader: Sendable {
    private let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    /// Opens a warehouse for reading.
    package init(reading file: URL) throws(WarehouseError) {
        guard try Self.isThere(file, for: file) else { throw .missing(file: file) }
        connection = try Self.recovered(file)
        let version = try connection.read { try Schema.version($0, at: file) }
        guard version > 0 else { throw .notAWarehouse(file: file, reason: "it is empty") }
    }

    /// Opens the file, first letting SQLite take back what a killed writer had begun: a reader may not do that.
    private static func recovered(_ file: URL) throws(WarehouseError) -> Connection {
        let journal = file.deletingLastPathComponent().appending(path: file.lastPathComponent + "-journal")
        if try isThere(journal, for: file) {
            let writable = try Connection(file, readonly: false)
            try writable.read { _ = try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
        }
        return try Connection(file, readonly: true)
    }

    private static func isThere(_ place: URL, for file: URL) throws(WarehouseError) -> Bool {
        do throws(SystemError) { return try exists(place) } catch {
            throw .cannotOpen(file: file, reason: error.reason)
        }
    }

    /// Makes sure that the views have the columns that this version of qid knows.
    func checkNewest() throws(WarehouseError) {
        let version = try version()
        guard version == Schema.newest else {
            throw .olderSchema(file: connection.file, found: version, known: Schema.newest)
        }
    }

    /// Whether the views have these columns; else whoever records next brings them up.
    package func isNewest() throws(WarehouseError) -> Bool { try version() == Schema.newest }

    private func version() throws(WarehouseError) -> Int {
        let file = connection.file
        return try connection.read { try Schema.version($0, at: file) }
    }

    /// Answers one question in SQL, as a person writes it.
    package func query(_ sql: String) throws(WarehouseError) -> Answer {
        try connection.read { database in
            do {
                try QuestionLimits.impose(on: database)
                return try Answer(database, sql)
            } catch let error as DatabaseError {
                switch error.resultCode {
                case .SQLITE_ERROR, .SQLITE_MISUSE:
                    throw WarehouseError(question: sql, message: error.message ?? "SQLite refuses it")
                case .SQLITE_TOOBIG, .SQLITE_NOMEM: throw QuestionLimits.error(error.resultCode)
                default: throw error
                }
            }
        }
    }

    func rows<Value>(
        _ sql: String, arguments: StatementArguments = [], _ value: (Row) throws -> Value
    ) throws(WarehouseError) -> [Value] {
        try connection.read { database in try Row.fetchAll(database, sql: sql, arguments: arguments).map(value) }
    }
}

/// The answer to a question in SQL: columns and rows of values.
package struct Answer: Sendable, Equatable {
    package var columns: [String]
    package var rows: [[SQLValue]]

    package init(columns: [String], rows: [[SQLValue]]) {
        self.columns = columns
        self.rows = rows
    }

    init(_ database: Database, _ sql: String) throws {
        let statement = try database.makeStatement(sql: sql)
        guard statement.isReadonly else {
            throw WarehouseError.query(
                message: "questions do not change the warehouse, this one would", line: nil, column: nil)
        }
        columns = statement.columnNames
        var (rows, limits): ([[SQLValue]], QuestionLimits) = ([], QuestionLimits())
        let cursor = try Row.fetchCursor(statement)
        while let row = try cursor.next() {
            let values = Array(row.databaseValues.map(SQLValue.init))
            try limits.take(values)
            rows.append(values)
        }
        self.rows = rows
    }
}

extension WarehouseError {
    /// Finds the place that SQLite's message names by quoting it: `near "FORM": syntax error`, `no such column: size`.
    init(question: String, message: String) {
        let quoted = message.split(separator: "\"", omittingEmptySubsequences: false)
        let named = message.split(separator: ": ", maxSplits: 1)
        let token: Substring? =
            if quoted.count == 3 { quoted[1] } else if named.count == 2, named[0].hasPrefix("no such") { named[1] } else
            { nil }
        guard let token, let place = Self.onlyPlace(of: Array(token.utf8), in: Array(question.utf8)) else {
            self = .query(message: message, line: nil, column: nil)
            return
        }
        let before = String(decoding: question.utf8.prefix(place), as: UTF8.self)
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        self = .query(message: message, line: lines.count, column: (lines.last?.count ?? 0) + 1)
    }

    /// Where a word stands in a text, nil unless it stands there once, as a word.
    private static func onlyPlace(of token: [UInt8], in text: [UInt8]) -> Int? {
        guard !token.isEmpty, token.count <= text.count else { return nil }
        func isWord(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") || byte >= 0x80 || Self.isAlphanumeric(byte) }
        let places = (0...text.count - token.count).filter { start in
            let end = start + token.count
            let joined = isWord(token[0]) && start > 0 && isWord(text[start - 1])
            let continued = isWord(token[token.count - 1]) && end < text.count && isWord(text[end])
            return !joined && !continued && text[start..<end].elementsEqual(token)
        }
        return places.count == 1 ? places[0] : nil
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
