internal import FoundationEssentials
internal import JSON
internal import Records

/// A document as one HTML page that needs nothing else: no font, no image, no script from anywhere but itself.
enum Page {
    static func html(_ document: Document) -> String {
        let head: [Markup] = [
            .tag("meta", ["charset": "utf-8"]),
            .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .tag("meta", ["http-equiv": "Content-Security-Policy", "content": policy]),
            .tag("title", [:], document.title), .tag("style", [:], Style.drawing + "\n" + Style.page),
        ]
        let opening: [Markup] = [
            .tag("h1", [:], document.title), .tag("p", ["class": "lead"], Prose.markup(document.lead)),
            .tag("ul", ["class": "facts"], document.facts.map { .tag("li", [:], $0) }),
        ]
        let body = opening + document.sections.map(section) + (document.explorer.map(exploring) ?? [])
        let page = Markup.tag(
            "html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"],
            [.tag("head", [:], head), .tag("body", [:], body)])
        return "<!DOCTYPE html>" + page.text + "\n"
    }

    /// Nothing runs in the page but the one script that is ours.
    private static let policy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-\(base64(ofSHA256: Array(script.utf8)))'"

    /// In HTML the marks around it are comments; for a reader of XML they keep the script from being markup.
    private static let script = "//<![CDATA[\n\(Explorer.script)//]]>"

    private static func base64(ofSHA256 bytes: [UInt8]) -> String {
        let digits = Array(sha256(bytes).utf8)
        let hash = stride(from: 0, to: digits.count, by: 2).compactMap { place in
            UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
        }
        return Data(hash).base64EncodedString()
    }

    /// The section that the script fills and shows, its data and the script.
    private static func exploring(_ explorer: Explorer) -> [Markup] {
        let data = Markup.escape(json: explorer.data.canonicalText)
        let words = """
            Choose what the axes show; drag over a part of a chart to enlarge it, click twice to see all again. Point at a cell \
            for everything that is known of it.
            """
        return [
            .tag(
                "section", ["id": "explore", "hidden": "hidden"],
                [.tag("h2", [:], "Explore"), .tag("p", [:], words)]),
            .script([.init(name: "type", value: "application/json"), .init(name: "id", value: "cells")], data),
            .script([], script),
        ]
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
        case .findings(let sentences):
            .tag("ul", ["class": "findings"], sentences.map { .tag("li", [:], $0) })
        case .table(let table): table.isFolded ? folded(table) : scrolling(table)
        case .figure(let figure): figure.isFolded ? folded(figure) : Page.figure(figure)
        }
    }

    private static func figure(_ figure: Figure, captioned: Bool = true) -> Markup {
        let broad = figure.narrow.isEmpty ? "" : " broad"
        var panels = [
            Markup.tag("div", ["class": "panels \(figure.size.rawValue)\(broad)"], figure.panels.map(\.markup))
        ]
        if !figure.narrow.isEmpty {
            panels.append(.tag("div", ["class": "panels phone"], figure.narrow.map(\.markup)))
        }
        let caption = captioned ? [Markup.tag("figcaption", [:], Prose.markup(figure.caption))] : []
        return .tag("figure", [:], panels + caption)
    }

    private static func folded(_ figure: Figure) -> Markup {
        .tag(
            "details", [:],
            [.tag("summary", [:], Prose.markup(figure.caption)), Page.figure(figure, captioned: false)])
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
        let rows = table.rows.enumerated().map { place, row in
            Markup.tag(
                "tr", [:],
                zip(row, table.columns).enumerated().map { column, one in
                    let isStrong = table.strong.contains(Table.Place(row: place, column: column))
                    return cell("td", one.0, one.1, isStrong: isStrong)
                })
        }
        let grid = Markup.tag("table", [:], [head, .tag("tbody", [:], rows)])
        let caption = captioned ? [Markup.tag("p", ["class": "caption"], Prose.markup(table.caption))] : []
        return .tag("div", ["class": "table"], caption + [.tag("div", ["class": "scroll"], [grid])])
    }

    /// Numbers to the right; long text may break.
    private static func cell(
        _ name: String, _ text: String, _ column: Table.Column, isStrong: Bool = false
    ) -> Markup {
        switch column.kind {
        case .number where isStrong: .tag(name, ["class": "n"], [.tag("strong", [:], text)])
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
