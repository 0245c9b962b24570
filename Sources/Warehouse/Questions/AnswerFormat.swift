import JSON
internal import Presentation

/// A form in which an answer is printed.
package enum AnswerFormat: String, Sendable, CaseIterable {
    case table
    case csv
    case json
    case jsonLines = "jsonl"
    case markdown
}

extension Answer {
    /// The answer as text that ends with a newline.
    ///
    /// `table` and `markdown` are for people and round to six significant digits; `csv` (RFC 4180, but lines end in LF)
    /// `json` (an array of objects) and `jsonl` (an object a line) give every digit. NULL is nothing, in JSON `null`. In
    /// `csv` a text that a spreadsheet would take for a formula has an apostrophe before it.
    package func text(_ format: AnswerFormat) -> String {
        switch format {
        case .table: table
        case .csv: csv
        case .json: json
        case .jsonLines: objects.map { $0 + "\n" }.joined()
        case .markdown: markdown
        }
    }

    private var table: String {
        textTable { Self.flat($0.forPeople) }.aligned(isRuled: true)
    }

    private var csv: String {
        var table = textTable(\.forSpreadsheets)
        for column in columns.indices {
            table.columns[column].title = SQLValue.text(columns[column]).forSpreadsheets
        }
        return table.csv
    }

    private var markdown: String {
        var table = textTable { Self.markdownCell($0.forPeople) }
        for column in columns.indices { table.columns[column].title = Self.markdownCell(columns[column]) }
        return table.markdown
    }

    private func textTable(_ text: (SQLValue) -> String) -> TextTable {
        let columns = zip(columns, numericColumns).map { TextTable.Column(title: $0, isNumber: $1) }
        return TextTable(columns, rows: rows.map { $0.map(text) })
    }

    private var json: String { "[" + objects.joined(separator: ",\n ") + "]\n" }

    /// Each row as an object.
    private var objects: [String] {
        let names = uniqueColumns.map(JSONValue.quoted)
        return rows.map { row in
            "{" + zip(names, row).map { "\($0): \($1.json)" }.joined(separator: ", ") + "}"
        }
    }

    /// Which columns hold numbers in every row that holds anything.
    private var numericColumns: [Bool] {
        columns.indices.map { column in
            let held = rows.map { $0[column] }.filter { $0 != .null }
            return !held.isEmpty && held.allSatisfy(\.isNumber)
        }
    }

    /// The names of the columns, a repeated one numbered, because an object's keys are its own.
    private var uniqueColumns: [String] {
        var count: [String: Int] = [:]
        return columns.map { name in
            count[name, default: 0] += 1
            return count[name] == 1 ? name : "\(name) (\(count[name] ?? 1))"
        }
    }

    private static func flat(_ text: String) -> String {
        String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    }

    /// A text as it shows in a cell of Markdown, whatever in it means something there or in HTML.
    private static func markdownCell(_ text: String) -> String {
        var cell = ""
        for character in flat(text) {
            switch character {
            case "&": cell += "&amp;"
            case "<": cell += "&lt;"
            case ">": cell += "&gt;"
            case "|", "\\", "`", "*", "[", "]": cell += "\\\(character)"
            default: cell.append(character)
            }
        }
        return cell
    }
}

extension SQLValue {
    fileprivate var isNumber: Bool {
        switch self {
        case .integer, .real: true
        default: false
        }
    }

    /// The exact value; spreadsheets run a text that begins like a formula.
    fileprivate var forSpreadsheets: String {
        guard case .text(let text) = self, let first = text.unicodeScalars.first,
            "=+-@\t\r".unicodeScalars.contains(first)
        else { return exact }
        return "'" + text
    }

    fileprivate var exact: String {
        switch self {
        case .null: ""
        case .integer(let value): "\(value)"
        case .real(let value): "\(value)"
        case .text(let text): text
        case .blob: literal
        }
    }

    fileprivate var json: String {
        switch self {
        case .null: "null"
        case .integer(let value): "\(value)"
        case .real(let value): value.isFinite ? "\(value)" : "null"
        case .text, .blob: JSONValue.quoted(exact)
        }
    }

    fileprivate var forPeople: String {
        if case .real(let value) = self { Self.rounded(value) } else { exact }
    }

    /// Six significant digits, without an exponent between 1e-4 and 1e15.
    private static func rounded(_ value: Double) -> String {
        let size = value.magnitude
        guard value.isFinite, size > 0, size >= 1e-4, size < 1e15 else { return "\(value)" }
        var scale = 1.0
        var digits = 5
        while size * scale < 1e5, digits < 16 { (scale, digits) = (scale * 10, digits + 1) }
        guard scale > 1 else { return "\(Int(value.rounded()))" }
        return "\((value * scale).rounded() / scale)"
    }
}
