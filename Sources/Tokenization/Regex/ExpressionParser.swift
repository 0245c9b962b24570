/// Reads the regular expressions that tokenizers are published with, in Oniguruma's Ruby syntax.
///
/// Supported: literals and escapes, `.`, `\s \S \w \W \d \D`, `\p{…}` and `\P{…}` of general categories, classes with
/// ranges and negation, groups `(…)`, `(?:…)`, `(?i:…)`, `(?=…)`, `(?!…)`, alternation, `$`, and the quantifiers `? * + {n}
/// {n,} {n,m}`, possessive with `+`. Everything else is refused, with its place.
struct ExpressionParser {
    private static let depthLimit = 32
    private static let countLimit = 1000

    private let scalars: [Unicode.Scalar]
    private var offset = 0
    private var ignoresCase = false
    private var depth = 0

    /// The expression a pattern writes.
    static func parse(_ pattern: String) throws(PatternFault) -> Expression {
        var parser = ExpressionParser(scalars: Array(pattern.unicodeScalars))
        let expression = try parser.alternatives()
        guard parser.offset == parser.scalars.count else { throw parser.fault("unmatched ')'") }
        return expression
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private func fault(_ reason: String) -> PatternFault { PatternFault(offset: offset, reason: reason) }

    private var next: Unicode.Scalar? { offset < scalars.count ? scalars[offset] : nil }

    private mutating func take(_ text: String) -> Bool {
        guard scalars[offset...].starts(with: text.unicodeScalars) else { return false }
        offset += text.unicodeScalars.count
        return true
    }

    private mutating func alternatives() throws(PatternFault) -> Expression {
        var all = [try sequence()]
        while take("|") { all.append(try sequence()) }
        return all.count == 1 ? all[0] : .alternatives(all)
    }

    private mutating func sequence() throws(PatternFault) -> Expression {
        var parts: [Expression] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            parts.append(try quantified(try atom()))
            try refuseLongFolds(parts)
        }
        return .sequence(parts)
    }

    /// Oniguruma folds some pairs of letters onto one scalar (`ss` and ß, `fi` and its ligature).
    private func refuseLongFolds(_ parts: [Expression]) throws(PatternFault) {
        guard ignoresCase, offset >= 2 else { return }
        let pair = String(String.UnicodeScalarView(scalars[offset - 2..<offset])).lowercased()
        if ["ss", "st", "ff", "fi", "fl"].contains(pair) { throw fault("'\(pair)' in a group that ignores case") }
    }

    private mutating func atom() throws(PatternFault) -> Expression {
        guard let scalar = next else { throw fault("unexpected end") }
        switch scalar {
        case "(": return try group()
        case "[": return .one(try bracketed())
        case "\\": return .one(try finished(try loneEscape()))
        case "$":
            offset += 1
            return .lineEnd
        case ".":
            offset += 1
            var anything = ScalarClass()
            anything.insert(0x0a...0x0a)
            anything.isNegated = true
            return .one(try finished(anything))
        case "^", "*", "+", "?", "{", "}", "]": throw fault("'\(scalar)' is not supported here")
        default:
            offset += 1
            return .one(try finished(Self.literal(scalar)))
        }
    }

    private static func literal(_ scalar: Unicode.Scalar) -> ScalarClass {
        var one = ScalarClass()
        one.insert(scalar.value...scalar.value)
        return one
    }

    /// Applies case folding where the group asks for it.
    private func finished(_ one: ScalarClass) throws(PatternFault) -> ScalarClass {
        var one = one
        if ignoresCase, !one.foldCase() { throw fault("only ASCII can ignore case") }
        one.seal()
        return one
    }

    private mutating func group() throws(PatternFault) -> Expression {
        guard depth < Self.depthLimit else { throw fault("groups nest deeper than \(Self.depthLimit)") }
        depth += 1
        let outer = ignoresCase
        defer {
            depth -= 1
            ignoresCase = outer
        }
        offset += 1
        var wrap: (Expression) -> Expression = { $0 }
        if take("?:") {
        } else if take("?i:") {
            ignoresCase = true
        } else if take("?=") {
            wrap = { .lookahead($0, isNegative: false) }
        } else if take("?!") {
            wrap = { .lookahead($0, isNegative: true) }
        } else if next == "?" {
            throw fault("this kind of group is not supported")
        }
        let body = try alternatives()
        guard take(")") else { throw fault("')' is missing") }
        return wrap(body)
    }

    private mutating func quantified(_ atom: Expression) throws(PatternFault) -> Expression {
        guard let (minimum, maximum, isBraced) = try quantifier() else { return atom }
        if case .lookahead = atom { throw fault("a lookahead cannot be repeated") }
        if case .lineEnd = atom { throw fault("'$' cannot be repeated") }
        if next == "?" { throw fault("lazy quantifiers are not supported") }
        var isPossessive = false
        var maximumRepeated = maximum
        if take("+") {
            // In Ruby's syntax `x{1,3}+` repeats the repetition instead of making it possessive.
            isPossessive = !isBraced
            if isBraced {
                guard minimum <= 1 else { throw fault("a repeated '{n,m}' is not supported") }
                maximumRepeated = .max
            }
        }
        if next == "*" || next == "+" || next == "{" { throw fault("a quantifier after a quantifier is not supported") }
        return .repeated(atom, minimum: minimum, maximum: maximumRepeated, isPossessive: isPossessive)
    }

    private mutating func quantifier() throws(PatternFault) -> (minimum: Int, maximum: Int, isBraced: Bool)? {
        if take("?") { return (0, 1, false) }
        if take("*") { return (0, .max, false) }
        if take("+") { return (1, .max, false) }
        guard take("{") else { return nil }
        guard let minimum = number() else { throw fault("'{' without a count") }
        var maximum = minimum
        if take(",") { maximum = number() ?? .max }
        guard take("}"), minimum <= maximum, minimum <= Self.countLimit, maximum == .max || maximum <= Self.countLimit
        else { throw fault("malformed '{n,m}', or more than \(Self.countLimit)") }
        return (minimum, maximum, true)
    }

    private mutating func number() -> Int? {
        let start = offset
        while let scalar = next, ("0"..."9").contains(scalar), offset - start < 9 { offset += 1 }
        return Int(String(String.UnicodeScalarView(scalars[start..<offset])))
    }

    private mutating func bracketed() throws(PatternFault) -> ScalarClass {
        var whole = try bracketedUnfolded()
        if ignoresCase, !whole.foldCase() { throw fault("only ASCII can ignore case") }
        whole.seal()
        return whole
    }

    private mutating func bracketedUnfolded() throws(PatternFault) -> ScalarClass {
        offset += 1
        guard depth < Self.depthLimit else { throw fault("classes nest deeper than \(Self.depthLimit)") }
        depth += 1
        defer { depth -= 1 }
        var whole = ScalarClass()
        whole.isNegated = take("^")
        if next == "]" { throw fault("empty class") }
        while !take("]") {
            guard let scalar = next else { throw fault("']' is missing") }
            if take("&&") || take("[:") { throw fault("set operations and POSIX names are not supported in a class") }
            if scalar == "[" {
                let inner = try bracketedUnfolded()
                guard !inner.isNegated else { throw fault("a negated class inside a class is not supported") }
                whole.formUnion(inner)
                continue
            }
            try insertMember(into: &whole)
        }
        return whole
    }

    private mutating func insertMember(into whole: inout ScalarClass) throws(PatternFault) {
        let first = try member()
        guard next == "-", offset + 1 < scalars.count, scalars[offset + 1] != "]" else {
            whole.formUnion(first)
            return
        }
        offset += 1
        let last = try member()
        guard first.ranges.count == 1, last.ranges.count == 1, first.categories.isEmpty, last.categories.isEmpty,
            first.ranges[0].lowerBound <= last.ranges[0].upperBound
        else { throw fault("malformed range in a class") }
        whole.insert(first.ranges[0].lowerBound...last.ranges[0].upperBound)
    }

    private mutating func member() throws(PatternFault) -> ScalarClass {
        guard let scalar = next else { throw fault("']' is missing") }
        if scalar == "\\" { return try escape() }
        if scalar == "[" { throw fault("malformed range in a class") }
        offset += 1
        return Self.literal(scalar)
    }

    /// Outside a class, Oniguruma answers `\w` for Latin-1 by a table of its own, which has superscripts and fractions.
    private mutating func loneEscape() throws(PatternFault) -> ScalarClass {
        guard offset + 1 < scalars.count, scalars[offset + 1].value | 0x20 == 0x77 else { return try escape() }
        var word = ScalarClass()
        word.insert(.word)
        for range in [0xb2...0xb3, 0xb9...0xb9, 0xbc...0xbe] as [ClosedRange<UInt32>] { word.insert(range) }
        word.isNegated = scalars[offset + 1] == "W"
        offset += 2
        return word
    }

    private mutating func escape() throws(PatternFault) -> ScalarClass {
        offset += 1
        guard let scalar = next else { throw fault("'\\' at the end") }
        offset += 1
        var one = ScalarClass()
        switch scalar {
        case "s": one.insert(.space)
        case "S": one.insert(.notSpace)
        case "w": one.insert(.word)
        case "W": one.insert(.notWord)
        case "d": one.insert(.decimalNumber)
        case "D": one.insert(ScalarCategories.all.subtracting(.decimalNumber))
        case "p": one.insert(try category())
        case "P": one.insert(ScalarCategories.all.subtracting(try category()))
        case "r": one.insert(0x0d...0x0d)
        case "n": one.insert(0x0a...0x0a)
        case "t": one.insert(0x09...0x09)
        case "f": one.insert(0x0c...0x0c)
        case "v": one.insert(0x0b...0x0b)
        default:
            guard scalar.isASCII, !scalar.properties.isAlphabetic, !scalar.isNumeric else {
                throw fault("'\\\(scalar)' is not supported")
            }
            one = Self.literal(scalar)
        }
        return one
    }

    private mutating func category() throws(PatternFault) -> ScalarCategories {
        guard take("{") else { throw fault("'{' is missing after '\\p'") }
        let isNegated = take("^")
        let start = offset
        while let scalar = next, scalar != "}" { offset += 1 }
        let name = String(String.UnicodeScalarView(scalars[start..<offset]))
        guard take("}"), let categories = ScalarCategories.named[name] else {
            throw fault("'\\p{\(name)}' is not supported")
        }
        return isNegated ? .all.subtracting(categories) : categories
    }
}

/// What in a pattern cannot be read, and at which scalar.
struct PatternFault: Error, Equatable {
    let offset: Int
    let reason: String
}
