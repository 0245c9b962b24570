/// A document as one HTML page that needs nothing else: no script, no font, no image from anywhere.
enum Page {
    static func html(_ document: Document) -> String {
        let head: [Markup] = [
            .tag("meta", ["charset": "utf-8"]),
            .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .tag(
                "meta",
                ["http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"]),
            .tag("title", [:], document.title), .tag("style", [:], Style.drawing + "\n" + Style.page),
        ]
        let opening: [Markup] = [
            .tag("h1", [:], document.title), .tag("p", ["class": "lead"], Prose.markup(document.lead)),
            .tag("ul", ["class": "facts"], document.facts.map { .tag("li", [:], $0) }),
        ]
        let body = opening + document.sections.map(section)
        let page = Markup.tag(
            "html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"],
            [.tag("head", [:], head), .tag("body", [:], body)])
        return "<!DOCTYPE html>" + page.text + "\n"
    }

    private static func section(_ section: Document.Section) -> Markup {
        .tag("section", [:], [.tag("h2", [:], section.heading)] + section.blocks.map(block))
    }

    private static func block(_ block: Document.Block) -> Markup {
        switch block {
        case .paragraph(let text): .tag("p", [:], Prose.markup(text))
        case .list(let items):
            .tag(
                "ul", ["class": "warnings"],
                items.map { .tag("li", [:], [.text($0.text), .tag("span", ["class": "scope"], $0.detail)]) })
        case .table(let table): table.isFolded ? folded(table) : scrolling(table)
        case .figure(let figure):
            .tag(
                "figure", [:],
                [
                    .tag("div", ["class": figure.isWide ? "panels wide" : "panels"], figure.panels.map(\.markup)),
                    .tag("figcaption", [:], Prose.markup(figure.caption)),
                ])
        }
    }

    private static func folded(_ table: Table) -> Markup {
        .tag(
            "details", [:],
            [
                .tag("summary", [:], Prose.markup("\(table.caption) (\(table.rows.count) rows)")),
                scrolling(table, captioned: false),
            ])
    }

    /// A table that scrolls sideways where it is too wide, under a caption that does not.
    private static func scrolling(_ table: Table, captioned: Bool = true) -> Markup {
        let head = Markup.tag("thead", [:], [.tag("tr", [:], table.columns.map { cell("th", $0.title, $0) })])
        let rows = table.rows.map { row in
            Markup.tag("tr", [:], zip(row, table.columns).map { cell("td", $0, $1) })
        }
        let grid = Markup.tag("table", [:], [head, .tag("tbody", [:], rows)])
        let caption = captioned ? [Markup.tag("p", ["class": "caption"], Prose.markup(table.caption))] : []
        return .tag("div", ["class": "table"], caption + [.tag("div", ["class": "scroll"], [grid])])
    }

    /// Numbers to the right; long text may break.
    private static func cell(_ name: String, _ text: String, _ column: Table.Column) -> Markup {
        switch column.kind {
        case .number: .tag(name, ["class": "n"], number(text))
        case .formula where name == "td": .tag(name, [:], Prose.formula(text))
        case .text where name == "td" && text.count > 40: .tag(name, ["class": "wrap"], text)
        case .formula, .text: .tag(name, [:], text)
        }
    }

    /// A number whose interval is broken off it, if a line is short, but not in itself.
    private static func number(_ text: String) -> [Markup] {
        guard let start = text.firstIndex(of: "["), text.last == "]" else { return [.text(text)] }
        return [.text(String(text[..<start])), .tag("span", ["class": "whole"], String(text[start...]))]
    }
}
