internal import Presentation

/// A document as Markdown with tables, as common renderers read it.
enum MarkdownText {
    static func text(_ document: Document) -> String {
        var parts = [
            "# " + escape(document.title), prose(document.lead), escape(document.facts.joined(separator: " · ")),
        ]
        for section in document.sections {
            let blocks = section.blocks.compactMap(block)
            if !blocks.isEmpty { parts += ["## " + escape(section.heading)] + blocks }
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func block(_ block: Document.Block) -> String? {
        switch block {
        case .paragraph(let text): prose(text)
        case .list(let items): items.map { "- \(escape($0.text)) *\(escape($0.detail))*" }.joined(separator: "\n")
        case .findings(let sentences): sentences.map { "- " + escape($0) }.joined(separator: "\n")
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
        let rows = table.rows.enumerated().map { place, row in
            row.enumerated().map { column, text in
                table.strong.contains(Table.Place(row: place, column: column)) ? "**\(escape(text))**" : escape(text)
            }
        }
        let columns = table.columns.map { TextTable.Column(title: escape($0.title), isNumber: $0.kind == .number) }
        return "**\(prose(table.caption))**\n\n" + TextTable(columns, rows: rows).markdown.dropLast()
    }

    /// Takes away the meaning that Markdown, or HTML inside it, gives to characters where it gives one; a line stays a line.
    static func escape(_ text: String) -> String {
        let characters = Array(text)
        var result = ""
        for (place, character) in characters.enumerated() {
            let before = place > 0 ? characters[place - 1] : " "
            let after = place + 1 < characters.count ? characters[place + 1] : " "
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case _ where character.isNewline: result += " "
            case _ where means(character, between: before, and: after, atStart: place == 0): result += "\\\(character)"
            default: result.append(character)
            }
        }
        return result
    }

    /// Whether a character is more than itself: brackets only make links before `(`, `[` or `:`, an underscore inside a
    /// word is a letter, and headings, lists and quotes begin a line.
    private static func means(
        _ character: Character, between before: Character, and after: Character, atStart: Bool
    ) -> Bool {
        func isWord(_ neighbour: Character) -> Bool { neighbour.isLetter || neighbour.isNumber }
        return switch character {
        case "\\", "`", "*", "|", "~": true
        case "_": !(isWord(before) && isWord(after))
        case "]": "([:".contains(after)
        case "#", "-", "+", "=": atStart
        default: false
        }
    }
}
