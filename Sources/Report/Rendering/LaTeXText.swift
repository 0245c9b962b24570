/// A document as LaTeX to cut out of for a paper: tables as the package `booktabs` sets them, charts in TikZ.
///
/// Every character that LaTeX gives a meaning is escaped, and those beyond ASCII that reports use have a command, so that
/// pdflatex takes the text as well as lualatex does.
enum LaTeXText {
    static func text(_ document: Document) -> String {
        var parts = [
            preamble, "\\section*{\(escape(document.title))}", prose(document.lead),
            escape(document.facts.joined(separator: " · ")),
        ]
        for section in document.sections {
            let blocks = section.blocks.compactMap(block)
            if !blocks.isEmpty { parts += ["\\subsection*{\(escape(section.heading))}"] + blocks }
        }
        return (parts + ["\\end{document}"]).joined(separator: "\n\n") + "\n"
    }

    private static let preamble = """
        \\documentclass{article}
        \\usepackage[utf8]{inputenc}
        \\usepackage[T1]{fontenc}
        \\usepackage{booktabs,longtable,caption,textcomp}
        \\usepackage[margin=2cm,landscape]{geometry}
        \(TikZ.preamble)
        \\setlength{\\parindent}{0pt}
        \\begin{document}
        """

    private static func block(_ block: Document.Block) -> String? {
        switch block {
        case .paragraph(let text): prose(text)
        case .list(let items): list(items.map { "\(escape($0.text)) \\emph{\(escape($0.detail))}" })
        case .findings(let sentences): list(sentences.map(escape))
        case .table(let table): self.table(table)
        case .figure(let figure): figure.isFolded ? nil : self.figure(figure)
        }
    }

    private static func figure(_ figure: Figure) -> String {
        "\\begin{figure}[ht]\n\\centering\n" + figure.panels.map(TikZ.picture).joined(separator: "\n")
            + "\n\\caption*{\(prose(figure.caption))}\n\\end{figure}\n\\clearpage"
    }

    private static func list(_ items: [String]) -> String {
        "\\begin{itemize}\n" + items.map { "\\item \($0)\n" }.joined() + "\\end{itemize}"
    }

    /// A table that goes on on the next page where it is long.
    private static func table(_ table: Table) -> String {
        let sides = table.columns.map { $0.kind == .number ? "r" : "l" }.joined()
        let rows = table.rows.enumerated().map { place, row in
            row.enumerated().map { column, text in
                let cell = table.columns[column].kind == .formula ? formula(text) : escape(text)
                let isStrong = table.strong.contains(Table.Place(row: place, column: column))
                return isStrong ? "\\textbf{\(cell)}" : cell
            }.joined(separator: " & ") + " \\\\\n"
        }
        let head = table.columns.map { escape($0.title) }.joined(separator: " & ")
        return
            "\\begin{longtable}{\(sides)}\n\\caption*{\(prose(table.caption))}\\\\\n\\toprule\n\(head) \\\\\n\\midrule\n\\endhead\n"
            + rows.joined() + "\\bottomrule\n\\end{longtable}"
    }

    private static func prose(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { place, part in
            place.isMultiple(of: 2) ? formulas(part) : "\\texttt{\(escape(String(part)))}"
        }.joined()
    }

    private static func formulas(_ text: Substring) -> String {
        text.split(separator: "⟦", omittingEmptySubsequences: false).enumerated().map { place, part in
            let halves = part.split(separator: "⟧", maxSplits: 1, omittingEmptySubsequences: false)
            guard place > 0, halves.count == 2 else { return escape(String(part)) }
            return formula(String(halves[0])) + escape(String(halves[1]))
        }.joined()
    }

    private static func formula(_ text: String) -> String { Prose.formula(text).map(script).joined() }

    /// What `Prose.formula` raised or lowered, as LaTeX raises and lowers text.
    private static func script(_ markup: Markup) -> String {
        switch markup {
        case .text(let text): escape(text)
        case .element("sup", _, let inside): "\\textsuperscript{\(inside.map(script).joined())}"
        case .element("sub", _, let inside): "\\textsubscript{\(inside.map(script).joined())}"
        case .element(_, _, let inside): inside.map(script).joined()
        case .script: ""
        }
    }

    /// Takes away the meaning that LaTeX gives to characters; a line stays a line.
    static func escape(_ text: String) -> String { text.map(escape).joined() }

    private static func escape(_ character: Character) -> String {
        if let command = commands[character] { return command }
        if character.isNewline { return " " }
        return character.isASCII ? String(character) : other(character)
    }

    /// Letters that `inputenc` knows stay; what nobody knows is shown as a question mark, so that the text still compiles.
    private static func other(_ character: Character) -> String {
        let isLatin = character.unicodeScalars.allSatisfy { (0xa0...0x17f).contains($0.value) }
        return isLatin ? String(character) : "?"
    }

    private static let commands: [Character: String] = [
        "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "%": "\\%",
        "_": "\\_", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", "<": "\\textless{}", ">": "\\textgreater{}",
        "|": "\\textbar{}", "\"": "\\textquotedbl{}",
        "−": "$-$", "×": "$\\times$", "·": "$\\cdot$", "±": "$\\pm$", "≤": "$\\le$", "≥": "$\\ge$", "≈": "$\\approx$",
        "∞": "$\\infty$", "√": "$\\surd$", "Σ": "$\\Sigma$", "→": "$\\to$", "∝": "$\\propto$", "≠": "$\\ne$",
        "…": "\\ldots{}", "–": "--", "—": "---", "’": "'", "‘": "`", "“": "``", "”": "''", "½": "\\textonehalf{}",
        "α": "$\\alpha$", "β": "$\\beta$", "γ": "$\\gamma$", "δ": "$\\delta$", "ε": "$\\varepsilon$", "ρ": "$\\rho$",
        "σ": "$\\sigma$", "τ": "$\\tau$", "χ": "$\\chi$", "φ": "$\\varphi$", "Δ": "$\\Delta$", "ō": "\\=o",
        "⁰": "\\textsuperscript{0}", "¹": "\\textsuperscript{1}", "²": "\\textsuperscript{2}",
        "³": "\\textsuperscript{3}", "⁴": "\\textsuperscript{4}", "⁵": "\\textsuperscript{5}",
        "⁶": "\\textsuperscript{6}", "⁷": "\\textsuperscript{7}", "⁸": "\\textsuperscript{8}",
        "⁹": "\\textsuperscript{9}", "⁻": "\\textsuperscript{$-$}", "₁": "\\textsubscript{1}",
        "₂": "\\textsubscript{2}",
        "₄": "\\textsubscript{4}", "¼": "\\textonequarter{}", "′": "$'$", "∫": "$\\int$", "₆": "\\textsubscript{6}",
        "‖": "$\\Vert$",
    ]
}
