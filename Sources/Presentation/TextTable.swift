/// Rows of text under a heading: the one way in which tables are printed.
package struct TextTable: Sendable, Equatable {
    /// A heading with the side to which its column is set.
    package struct Column: Sendable, Equatable {
        package var title: String
        package var isNumber: Bool

        package init(title: String, isNumber: Bool) {
            self.title = title
            self.isNumber = isNumber
        }
    }

    package var columns: [Column]
    /// Of as many cells as there are columns.
    package var rows: [[String]]

    package init(_ columns: [Column], rows: [[String]]) {
        self.columns = columns
        self.rows = rows
    }

    /// A table whose columns hold numbers, but for those at the places `text`.
    package init(_ titles: [String], text: Set<Int>, rows: [[String]]) {
        let columns = titles.enumerated().map { Column(title: $1, isNumber: !text.contains($0)) }
        self.init(columns, rows: rows)
    }

    /// The columns under each other, text to the left and numbers to the right, for a terminal.
    ///
    /// `isRuled` draws a line below the heading. Every line ends with a newline and with nothing blank before it.
    package func aligned(isRuled: Bool = false) -> String {
        let titles = columns.map(\.title)
        let rows = rows.map { $0.map { $0.withVisibleControls() } }
        let widths = columns.indices.map { column in
            rows.reduce(titles[column].count) { max($0, $1[column].count) }
        }
        let rule = isRuled ? [widths.map { String(repeating: "-", count: $0) }] : []
        return ([titles] + rule + rows).map { line($0, widths) }.joined()
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = cells.enumerated().map { column, text in
            let padding = String(repeating: " ", count: widths[column] - text.count)
            return columns[column].isNumber ? padding + text : text + padding
        }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    /// The table in Markdown; what means something there is for the caller to escape, who knows what cells hold.
    package var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        let rule = "|" + columns.map { $0.isNumber ? "---:|" : "---|" }.joined() + "\n"
        return line(columns.map(\.title)) + rule + rows.map(line).joined()
    }

    /// The table as RFC 4180 says, but with lines that end in LF.
    package var csv: String {
        ([columns.map(\.title)] + rows).map { $0.map(Self.csvField).joined(separator: ",") + "\n" }.joined()
    }

    private static func csvField(_ text: String) -> String {
        guard text.utf8.contains(where: { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }) else {
            return text
        }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
