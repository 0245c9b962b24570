internal import GRDB

/// One row about to be recorded: the columns of its key, then the others.
struct TableRow {
    struct Field {
        let column: String
        let value: SQLValue
        /// Whether a recorded row with another value here is another row under the same key.
        var compared = true
    }

    let table: String
    let key: [Field]
    let fields: [Field]

    init(_ table: String, key: KeyValuePairs<String, SQLValue>, _ fields: [Field]) {
        self.table = table
        self.key = key.map { Field(column: $0.key, value: $0.value) }
        self.fields = fields
    }

    init(_ table: String, key: KeyValuePairs<String, SQLValue>, _ fields: KeyValuePairs<String, SQLValue> = [:]) {
        self.init(table, key: key, fields.map { Field(column: $0.key, value: $0.value) })
    }

    /// A row that also says which version of the program made it first; another version is no other row.
    init(
        _ table: String, key: KeyValuePairs<String, SQLValue>, _ fields: KeyValuePairs<String, SQLValue>,
        program version: String
    ) {
        let own = fields.map { Field(column: $0.key, value: $0.value) }
        self.init(
            table, key: key, own + [Field(column: "program_version", value: .text(version), compared: false)])
    }

    /// The key as a person reads it in an error.
    var name: String {
        key.map { field in
            if case .text(let text) = field.value { text } else { field.value.literal }
        }.joined(separator: " ")
    }

    /// Adds the row, or finds it there as it is: true when it was added.
    @discardableResult
    func insertOnce(_ database: Database) throws -> Bool {
        try checkFinite()
        guard let recorded = try recorded(database) else {
            try insert(database)
            return true
        }
        for (field, value) in zip(fields, recorded) where field.compared && field.value != value {
            throw WarehouseError.conflict(
                table: table, key: name, column: field.column, recorded: value.literal, offered: field.value.literal)
        }
        return false
    }

    /// Adds the row or puts it in the place of the one under its key: true when anything changed.
    @discardableResult
    func replace(_ database: Database) throws -> Bool {
        try checkFinite()
        if let recorded = try recorded(database), recorded == fields.map(\.value) { return false }
        let updates = fields.map { "\($0.column) = excluded.\($0.column)" }.joined(separator: ", ")
        let keys = key.map(\.column).joined(separator: ", ")
        try insert(database, ending: " ON CONFLICT (\(keys)) DO UPDATE SET \(updates)")
        return true
    }

    private func checkFinite() throws {
        for field in key + fields {
            guard case .real(let value) = field.value, !value.isFinite else { continue }
            throw WarehouseError.notFinite(table: table, key: name, column: field.column)
        }
    }

    private func recorded(_ database: Database) throws -> [SQLValue]? {
        let columns = fields.isEmpty ? "1" : fields.map(\.column).joined(separator: ", ")
        let condition = key.map { "\($0.column) = ?" }.joined(separator: " AND ")
        let statement = try database.cachedStatement(sql: "SELECT \(columns) FROM \(table) WHERE \(condition)")
        let row = try Row.fetchOne(statement, arguments: StatementArguments(key.map(\.value.databaseValue)))
        return row.map { $0.databaseValues.map(SQLValue.init) }
    }

    private func insert(_ database: Database, ending: String = "") throws {
        let all = key + fields
        let columns = all.map(\.column).joined(separator: ", ")
        let places = all.map { _ in "?" }.joined(separator: ", ")
        do {
            let statement = try database.cachedStatement(
                sql: "INSERT INTO \(table) (\(columns)) VALUES (\(places))\(ending)")
            try statement.execute(arguments: StatementArguments(all.map(\.value.databaseValue)))
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw WarehouseError.refused(table: table, key: name, reason: error.message ?? "constraint failed")
        }
    }
}
