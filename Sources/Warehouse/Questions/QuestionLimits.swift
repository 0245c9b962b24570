internal import GRDB
internal import GRDBSQLite

/// What one question may take, so that a slip of the pen costs an error and not the machine.
struct QuestionLimits {
    private static let rowLimit = 1_000_000
    /// Bytes of an answer as it is held.
    private static let answerByteLimit = 1 << 28
    /// Bytes of one text or blob.
    private static let valueByteLimit = 1 << 24
    /// Bytes that SQLite may take while it works.
    private static let workingByteLimit = 1 << 29

    private var rowCount = 0
    private var byteCount = 0

    /// Keeps SQLite itself within limits.
    static func impose(on database: Database) throws {
        if let connection = database.sqliteConnection {
            _ = sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, Int32(valueByteLimit))
        }
        try database.execute(sql: "PRAGMA hard_heap_limit = \(workingByteLimit)")
    }

    /// Counts a row that is about to be kept.
    mutating func take(_ row: [SQLValue]) throws(WarehouseError) {
        rowCount += 1
        byteCount += row.reduce(MemoryLayout<[SQLValue]>.stride) { $0 + $1.heldByteCount }
        guard rowCount <= Self.rowLimit, byteCount <= Self.answerByteLimit else {
            throw .query(
                message: "an answer of more than \(Self.rowLimit) rows or \(Self.answerByteLimit >> 20) MiB; "
                    + "ask for fewer (LIMIT) or for sums over them",
                line: nil, column: nil)
        }
    }

    /// What a limit of SQLite's is called.
    static func error(_ code: ResultCode) -> WarehouseError {
        let message =
            code == .SQLITE_TOOBIG
            ? "a value of more than \(valueByteLimit >> 20) MiB"
            : "it needs more than \(workingByteLimit >> 20) MiB of memory"
        return .query(message: message, line: nil, column: nil)
    }
}

extension SQLValue {
    fileprivate var heldByteCount: Int {
        let own = MemoryLayout<SQLValue>.stride
        return switch self {
        case .null, .integer, .real: own
        case .text(let text): own + text.utf8.count
        case .blob(let bytes): own + bytes.count
        }
    }
}
