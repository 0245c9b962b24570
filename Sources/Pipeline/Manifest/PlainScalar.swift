import JSON
import Yams

/// What a scalar of YAML is, by the core schema of YAML 1.2 (section 10.3.2).
///
/// | text | value |
/// |---|---|
/// | `null`, `Null`, `NULL`, `~`, nothing | null |
/// | `true`, `True`, `TRUE`, `false`, `False`, `FALSE` | a boolean |
/// | digits with or without a sign, `0o` and octal, `0x` and hexadecimal digits | a whole number |
/// | the same with a fraction or exponent, `.inf`, `.nan` | a number |
/// | anything else (`yes`, `on`, `1_000`, `infinity`), and whatever stands in quotes | text |
///
/// A number that is whole counts as that however it is written: `1e9`.
enum PlainScalar {
    static func value(of scalar: Node.Scalar) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any, scalar.tag.description != "tag:yaml.org,2002:str" else {
            return .string(scalar.string)
        }
        return value(of: scalar.string)
    }

    /// Whether text that stands without quotes is text.
    static func isText(_ text: String) -> Bool { value(of: text).string != nil }

    private static func value(of text: String) -> JSONValue {
        switch text {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        case "null", "Null", "NULL", "~", "": return .null
        default: return number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        switch text.dropFirst(text.hasPrefix("-") || text.hasPrefix("+") ? 1 : 0) {
        case ".inf", ".Inf", ".INF": return .number(text.hasPrefix("-") ? -.infinity : .infinity)
        case ".nan", ".NaN",
            ".NAN" where text.hasPrefix("."):
            return .number(.nan)
        default: break
        }
        for (prefix, radix) in [("0o", 8), ("0x", 16)] where text.hasPrefix(prefix) {
            let digits = text.dropFirst(2)
            guard let first = digits.first, first.isHexDigit else { return nil }
            return Int(digits, radix: radix).map { .integer($0) }
        }
        guard isDecimal(Array(text.utf8)[...]) else { return nil }
        if let whole = Int(text) { return .integer(whole) }
        guard let number = Double(text) else { return nil }
        return Int(exactly: number).map { .integer($0) } ?? .number(number)
    }

    /// Whether text is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
    private static func isDecimal(_ text: ArraySlice<UInt8>) -> Bool {
        func unsigned(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") ? text.dropFirst() : text
        }
        func digits(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> { text.prefix { (0x30...0x39).contains($0) } }
        var rest = unsigned(text)
        let whole = digits(rest)
        rest = rest.dropFirst(whole.count)
        if rest.first == UInt8(ascii: ".") {
            let fraction = digits(rest.dropFirst())
            guard !whole.isEmpty || !fraction.isEmpty else { return false }
            rest = rest.dropFirst(1 + fraction.count)
        } else if whole.isEmpty {
            return false
        }
        guard let mark = rest.first else { return true }
        guard mark | 0x20 == UInt8(ascii: "e") else { return false }
        let exponent = unsigned(rest.dropFirst())
        return !exponent.isEmpty && digits(exponent).count == exponent.count
    }
}
