/// General categories as a set, one bit each.
struct ScalarCategories: OptionSet, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    private init(_ category: Unicode.GeneralCategory) { rawValue = 1 << UInt32(category.index) }

    static let all = ScalarCategories(rawValue: 1 << 30 - 1)
    static let letter: ScalarCategories = [
        .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
    ]
    static let uppercaseLetter = ScalarCategories(.uppercaseLetter)
    static let lowercaseLetter = ScalarCategories(.lowercaseLetter)
    static let titlecaseLetter = ScalarCategories(.titlecaseLetter)
    static let modifierLetter = ScalarCategories(.modifierLetter)
    static let otherLetter = ScalarCategories(.otherLetter)
    static let mark: ScalarCategories = [
        ScalarCategories(.nonspacingMark), ScalarCategories(.spacingMark), ScalarCategories(.enclosingMark),
    ]
    static let decimalNumber = ScalarCategories(.decimalNumber)
    static let number: ScalarCategories = [
        .decimalNumber, ScalarCategories(.letterNumber), ScalarCategories(.otherNumber),
    ]
    static let punctuation: ScalarCategories = [
        ScalarCategories(.connectorPunctuation), ScalarCategories(.dashPunctuation),
        ScalarCategories(.openPunctuation), ScalarCategories(.closePunctuation),
        ScalarCategories(.initialPunctuation), ScalarCategories(.finalPunctuation),
        ScalarCategories(.otherPunctuation),
    ]
    static let symbol: ScalarCategories = [
        ScalarCategories(.mathSymbol), ScalarCategories(.currencySymbol), ScalarCategories(.modifierSymbol),
        ScalarCategories(.otherSymbol),
    ]
    static let separator: ScalarCategories = [
        ScalarCategories(.spaceSeparator), ScalarCategories(.lineSeparator), ScalarCategories(.paragraphSeparator),
    ]

    /// The sets that a pattern may name as `\p{…}`.
    static let named: [String: ScalarCategories] = [
        "L": letter, "Lu": uppercaseLetter, "Ll": lowercaseLetter, "Lt": titlecaseLetter, "Lm": modifierLetter,
        "Lo": otherLetter, "M": mark, "N": number, "Nd": decimalNumber, "P": punctuation, "S": symbol, "Z": separator,
    ]
}

/// What patterns ask of a scalar, as the regular expression engine of the `tokenizers` library (Oniguruma 6.9.10)
/// answers: by Unicode 16.
///
/// Swift's standard library may know later versions, whose scalars count as unassigned here.
struct ScalarProperties {
    private static let versionMajor = 16
    private static let unassigned = UInt8(Unicode.GeneralCategory.unassigned.index)
    private static let spaceBit: UInt8 = 0x20
    private static let wordBit: UInt8 = 0x40

    /// Five bits of category index, one for `\s`, one for `\w`.
    private let packed: UInt8

    var category: ScalarCategories { ScalarCategories(rawValue: 1 << UInt32(packed & 0x1f)) }

    /// The traits that hold, as bits of `ScalarClass.Traits`.
    var traits: UInt8 {
        let space: ScalarClass.Traits = packed & Self.spaceBit != 0 ? .space : .notSpace
        let word: ScalarClass.Traits = packed & Self.wordBit != 0 ? .word : .notWord
        return space.rawValue | word.rawValue
    }

    @inline(__always)
    static func of(_ value: UInt32) -> ScalarProperties {
        ScalarProperties(packed: value < 0x10000 ? basicPlane[Int(value)] : look(up: value))
    }

    /// Looked up once: the standard library's own tables take tens of nanoseconds a scalar.
    private static let basicPlane: [UInt8] = (UInt32(0)..<0x10000).map(look(up:))

    private static func look(up value: UInt32) -> UInt8 {
        guard let scalar = Unicode.Scalar(value), let age = scalar.properties.age, age.major <= versionMajor else {
            return unassigned
        }
        var packed = UInt8(scalar.properties.generalCategory.index)
        if scalar.properties.isWhitespace { packed |= spaceBit }
        if scalar.isAlphabeticOrDigit { packed |= wordBit }
        return packed
    }
}

extension Unicode.Scalar {
    /// Alphabetic, a mark, a decimal digit or a connector.
    fileprivate var isAlphabeticOrDigit: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
        default: properties.isAlphabetic
        }
    }

    /// Whether the scalar is part of a word where an added token asks to stand alone: `\w` of Rust's `regex` crate.
    var isWordForAddedTokens: Bool {
        guard let age = properties.age, age.major <= 16 else { return false }
        return isAlphabeticOrDigit || properties.isJoinControl
    }

    /// Whether the scalar is a number to Rust's `char::is_numeric`, by which `Digits` splits: any of Nd, Nl, No.
    var isNumeric: Bool {
        switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }
}

extension Unicode.GeneralCategory {
    /// A small number of this category's own.
    var index: Int {
        switch self {
        case .uppercaseLetter: 0
        case .lowercaseLetter: 1
        case .titlecaseLetter: 2
        case .modifierLetter: 3
        case .otherLetter: 4
        case .nonspacingMark: 5
        case .spacingMark: 6
        case .enclosingMark: 7
        case .decimalNumber: 8
        case .letterNumber: 9
        case .otherNumber: 10
        case .connectorPunctuation: 11
        case .dashPunctuation: 12
        case .openPunctuation: 13
        case .closePunctuation: 14
        case .initialPunctuation: 15
        case .finalPunctuation: 16
        case .otherPunctuation: 17
        case .mathSymbol: 18
        case .currencySymbol: 19
        case .modifierSymbol: 20
        case .otherSymbol: 21
        case .spaceSeparator: 22
        case .lineSeparator: 23
        case .paragraphSeparator: 24
        case .control: 25
        case .format: 26
        case .surrogate: 27
        case .privateUse: 28
        case .unassigned: 29
        @unknown default: 29
        }
    }
}
