/// Text of a report with two kinds of marks: `code` between backticks, and formulas between ⟦ and ⟧, in which `^` raises
/// and `_` lowers what follows.
enum Prose {
    /// The text without marks, for renderings that have neither.
    static func plain(_ text: String) -> String { text.filter { !"`⟦⟧".contains($0) } }

    /// The text as elements.
    static func markup(_ text: String) -> [Markup] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().flatMap { place, part -> [Markup] in
            place.isMultiple(of: 2) ? withFormulas(part) : [.tag("code", [:], String(part))]
        }
    }

    private static func withFormulas(_ text: Substring) -> [Markup] {
        text.split(separator: "⟦", omittingEmptySubsequences: false).enumerated().flatMap { place, part -> [Markup] in
            let halves = part.split(separator: "⟧", maxSplits: 1, omittingEmptySubsequences: false)
            guard place > 0, halves.count == 2 else { return [.text(String(part))] }
            return formula(String(halves[0])) + [.text(String(halves[1]))]
        }
    }

    /// A formula as elements: `N^α_P` raises α and lowers P beside it, `e^(−P/γ)` raises what stands in parentheses.
    static func formula(_ text: String) -> [Markup] {
        var result: [Markup] = []
        var plain = ""
        var rest = Substring(text)
        while let mark = rest.popFirst() {
            guard mark == "^" || mark == "_", let part = script(&rest) else {
                plain.append(mark)
                continue
            }
            result += [.text(plain), .tag(mark == "^" ? "sup" : "sub", [:], formula(part))]
            plain = ""
        }
        return result + [.text(plain)]
    }

    /// Takes what a mark raises or lowers: a parenthesis without its ends, or a run of letters, digits and what joins them.
    private static func script(_ rest: inout Substring) -> String? {
        if rest.first == "(" {
            var depth = 0
            guard
                let end = rest.firstIndex(where: { character in
                    depth += character == "(" ? 1 : character == ")" ? -1 : 0
                    return depth == 0
                })
            else { return nil }
            let inside = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            return String(inside)
        }
        let run = rest.prefix { $0.isLetter || $0.isNumber || ".−-_".contains($0) }
        guard !run.isEmpty else { return nil }
        let kept = run.hasSuffix(".") ? run.dropLast() : run
        rest = rest[kept.endIndex...]
        return String(kept)
    }
}
