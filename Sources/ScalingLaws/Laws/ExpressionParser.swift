/// Reads formulas: + − * / ^ (right to left, before the sign), parentheses, numbers, exp log log2 log10 sqrt tanh.
///
///     sum     = product (("+" | "-") product)*
///     product = signed (("*" | "/") signed)*
///     signed  = ("+" | "-")* power
///     power   = atom ("^" signed)?
///     atom    = number | name | name "[" label "]" | function "(" sum ")" | "(" sum ")"
///
/// Names of `Variable` are variables; others are parameters, or columns where the parameters are known and they are none.
struct ExpressionParser {
    private let text: String
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private let parameters: Set<String>?

    private static let longest = 4096
    private static let deepest = 64

    /// `parameters` are the names that are parameters; nil: all that are no variables.
    static func parse(_ text: String, parameters: Set<String>? = nil) throws(ScalingLawsError) -> Expression {
        var parser = ExpressionParser(text: text, parameters: parameters)
        guard parser.bytes.count <= longest else {
            throw .badExpression(
                String(text.prefix(40)) + "…", offset: longest, expected: "at most \(longest) characters")
        }
        let expression = try parser.sum()
        guard parser.next == nil else { throw parser.failure("an operator or the end") }
        return expression
    }

    private init(text: String, parameters: Set<String>?) {
        self.text = text
        self.parameters = parameters
        bytes = Array(text.utf8)
    }

    /// The next byte that is no space.
    private var next: UInt8? {
        mutating get {
            while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
            return position < bytes.count ? bytes[position] : nil
        }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard let byte = next, byte == character.asciiValue else { return false }
        position += 1
        return true
    }

    private func failure(_ expected: String) -> ScalingLawsError {
        .badExpression(text, offset: position, expected: expected)
    }

    private mutating func sum() throws(ScalingLawsError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw failure("fewer than \(Self.deepest) nested parentheses") }
        var left = try product()
        while true {
            if take("+") {
                left = .add(left, try product())
            } else if take("-") {
                left = .subtract(left, try product())
            } else {
                return left
            }
        }
    }

    private mutating func product() throws(ScalingLawsError) -> Expression {
        var left = try signed()
        while true {
            if take("*") {
                left = .multiply(left, try signed())
            } else if take("/") {
                left = .divide(left, try signed())
            } else {
                return left
            }
        }
    }

    private mutating func signed() throws(ScalingLawsError) -> Expression {
        var isNegative = false
        while true {
            if take("-") { isNegative.toggle() } else if !take("+") { break }
        }
        let value = try power()
        return isNegative ? .negate(value) : value
    }

    private mutating func power() throws(ScalingLawsError) -> Expression {
        let base = try atom()
        guard take("^") else { return base }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw failure("fewer than \(Self.deepest) nested powers") }
        return .power(base, try signed())
    }

    private mutating func atom() throws(ScalingLawsError) -> Expression {
        guard let byte = next else { throw failure("a number, a name or '('") }
        if take("(") { return try closed() }
        if Self.isDigit(byte) || byte == UInt8(ascii: ".") { return try number() }
        guard Self.isLetter(byte) else { throw failure("a number, a name or '('") }
        return try named()
    }

    private mutating func closed() throws(ScalingLawsError) -> Expression {
        let inner = try sum()
        guard take(")") else { throw failure("')'") }
        return inner
    }

    private mutating func named() throws(ScalingLawsError) -> Expression {
        let start = position
        while position < bytes.count, Self.isLetter(bytes[position]) || Self.isDigit(bytes[position]) { position += 1 }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        if take("(") {
            guard let function = Expression.Function(rawValue: name) else {
                position = start
                let known = Expression.Function.allCases.map(\.rawValue).joined(separator: ", ")
                throw failure("one of the functions \(known)")
            }
            return .call(function, try closed())
        }
        if let variable = Variable(rawValue: name) { return .variable(variable) }
        guard take("[") else {
            return parameters?.contains(name) ?? true ? .parameter(name, nil) : .variable(.column(name))
        }
        return .parameter(name, try label())
    }

    private mutating func label() throws(ScalingLawsError) -> Label {
        _ = next
        let start = position
        while position < bytes.count, Self.isLetter(bytes[position]) || Self.isDigit(bytes[position]) { position += 1 }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        guard !name.isEmpty, take("]") else {
            position = start
            throw failure("bits], scheme], group] or another column and ']'")
        }
        return Label(rawValue: name)
    }

    private mutating func number() throws(ScalingLawsError) -> Expression {
        let start = position
        digits()
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            digits()
        }
        exponent()
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
            position = start
            throw failure("a number")
        }
        return .number(value)
    }

    private mutating func exponent() {
        let start = position
        guard position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") else { return }
        position += 1
        if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
            position += 1
        }
        let first = position
        digits()
        if position == first { position = start }
    }

    private mutating func digits() {
        while position < bytes.count, Self.isDigit(bytes[position]) { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }
}
