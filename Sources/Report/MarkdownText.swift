/// A document as Markdown with tables, as common renderers read it.
enum MarkdownText {
    static func text(_ document: Document) -> String {
        var parts = [
            "# " + escape(document.title), prose(document.lead), escape(document.facts.joined(separator: " · ")),
        ]
        for section in document.sections {
            parts.append("## " + escape(section.heading))
            parts += section.blocks.compactMap(block)
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func block(_ block: Document.Block) -> String? {
        switch block {
        case .paragraph(let text): prose(text)
        case .list(let items): items.map { "- \(escape($0.text)) *\(escape($0.detail))*" }.joined(separator: "\n")
        case .table(let table): self.table(table)
        case .figure(let figure):
            figure.file.map { "![\(escape(Prose.plain(figure.caption)))](\($0))\n\n\(prose(figure.caption))" }
        }
    }

    private static func prose(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { place, part in
            place.isMultiple(of: 2) ? escape(Prose.plain(String(part))) : "`\(part)`"
        }.joined()
    }

    private static func table(_ table: Table) -> String {
        func line(_ cells: [String]) -> String { "| " + cells.map(escape).joined(separator: " | ") + " |" }
        let rule = "|" + table.columns.map { $0.kind == .number ? "---:|" : "---|" }.joined()
        let lines = [line(table.columns.map(\.title)), rule] + table.rows.map(line)
        return "**\(prose(table.caption))**\n\n" + lines.joined(separator: "\n")
    }

    /// Takes away the meaning that Markdown, or HTML inside it, gives to characters; a line stays a line.
    static func escape(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~": result += "\\\(character)"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case _ where character.isNewline: result += " "
            default: result.append(character)
            }
        }
        return result
    }
}
