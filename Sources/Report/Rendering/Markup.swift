/// A tree of elements that is written as HTML and, because every element is closed, as XML too.
///
/// Text and attributes are escaped when they are written, so a name from an archive cannot become markup.
indirect enum Markup: Sendable, Equatable {
    case element(String, [Attribute], [Markup])
    case text(String)
    /// A script of our own, or data for it, which no reader of HTML unescapes.
    case script([Attribute], String)

    struct Attribute: Sendable, Equatable {
        let name: String
        let value: String
    }

    static func tag(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [Markup] = [])
        -> Markup
    {
        .element(name, attributes.map { Attribute(name: $0.key, value: $0.value) }, children)
    }

    static func tag(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ text: String) -> Markup {
        tag(name, attributes, [.text(text)])
    }

    /// The tree as text; block elements begin on a new line, so that two reports can be compared line by line.
    var text: String {
        var result = ""
        write(into: &result)
        return result
    }

    private func write(into result: inout String) {
        switch self {
        case .text(let text): result += Self.escape(text)
        case .script(let attributes, let text):
            result += "\n<script"
            for attribute in attributes { result += " \(attribute.name)=\"\(Self.escape(attribute.value))\"" }
            result += ">\(text)</script>"
        case .element(let name, let attributes, let children):
            if !Self.inline.contains(name) { result += "\n" }
            result += "<" + name
            for attribute in attributes { result += " \(attribute.name)=\"\(Self.escape(attribute.value))\"" }
            if children.isEmpty, Self.void.contains(name) {
                result += "/>"
                return
            }
            result += ">"
            for child in children { child.write(into: &result) }
            result += "</\(name)>"
        }
    }

    private static let inline: Set<String> = [
        "a", "b", "code", "em", "span", "strong", "sub", "sup", "title", "tspan", "br",
    ]
    private static let void: Set<String> = [
        "br", "circle", "hr", "line", "link", "meta", "path", "polygon", "polyline", "rect",
    ]

    /// Escapes what XML gives a meaning, and shows what it forbids or what would turn the reading direction as `�`.
    static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(shown(scalar))
            }
        }
        return result
    }

    /// JSON as a script's text, in which nothing can be taken for markup.
    static func escape(json text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "\\u003c"
            case ">": result += "\\u003e"
            case "&": result += "\\u0026"
            default: result.unicodeScalars.append(shown(scalar))
            }
        }
        return result
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "\n", "\t": scalar
        case "\u{0}"..<" ", "\u{7f}"..<"\u{a0}", "\u{fffe}", "\u{ffff}", "\u{202a}"..."\u{202e}",
            "\u{2066}"..."\u{2069}":
            "\u{fffd}"
        default: scalar
        }
    }
}
