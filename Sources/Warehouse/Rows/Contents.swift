internal import GRDB

extension WarehouseReader {
    /// Everything that the warehouse holds as text, the same for any two that hold the same: a line per row, sorted.
    ///
    /// Times and program versions are left out: they differ between two runs that measure the same.
    package func contents() throws(WarehouseError) -> String {
        let circumstances: Set<String> = ["started_at", "program_version", "fingerprint"]
        var lines: [String] = []
        for table in try rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", { $0[0] as String })
        {
            let found = try rows("SELECT * FROM \"\(table)\"") { row in
                zip(row.columnNames, row.databaseValues).filter { !circumstances.contains($0.0) }
                    .map { "\($0.0)=\(SQLValue($0.1).literal)" }.joined(separator: " ")
            }
            lines += found.sorted().map { "\(table) \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
