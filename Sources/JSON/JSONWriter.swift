extension JSONValue {
    /// The one text of this value that digests are taken of: keys sorted by their bytes, no spaces, shortest numbers that
    /// read back to the same value.
    package var canonicalText: String {
        var text = ""
        write(to: &text, indent: nil, sorted: true)
        return text
    }

    /// The value with one member or element a line, members in their own order, and a line break at the end.
    package var prettyText: String {
        var text = ""
        write(to: &text, indent: 0, sorted: false)
        return text + "\n"
    }

    private func write(to text: inout String, indent: Int?, sorted: Bool) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += Self.number(value)
        case .string(let value): text += Self.quoted(value)
        case .array(let elements):
            // Rows of plain numbers stay on one line: a thousand window losses are no page of their own.
            let inner = elements.contains(where: \.isCollection) ? indent : nil
            Self.list(elements, "[", "]", to: &text, indent: inner) { element, text, indent in
                element.write(to: &text, indent: indent, sorted: sorted)
            }
        case .object(let object):
            Self.list(sorted ? object.sortedMembers : object.members, "{", "}", to: &text, indent: indent) {
                member, text, indent in
                text += Self.quoted(member.key) + (indent == nil ? ":" : ": ")
                member.value.write(to: &text, indent: indent, sorted: sorted)
            }
        }
    }

    private var isCollection: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }

    private static func list<Element>(
        _ elements: [Element], _ open: String, _ close: String, to text: inout String, indent: Int?,
        _ write: (Element, inout String, Int?) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let indent { text += "\n" + String(repeating: "  ", count: indent + 1) }
            write(element, &text, indent.map { $0 + 1 })
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: indent) }
        text += close
    }

    /// Swift prints the shortest digits that read back; JSON has no infinities, so they become null.
    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
        return "\(value)"
    }

    /// A string as JSON writes it, in quotes.
    package static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
