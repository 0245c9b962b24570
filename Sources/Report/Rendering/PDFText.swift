/// Text as PDF shows it in the fonts that every reader has: Helvetica for Latin letters, Symbol for Greek and mathematics.
///
/// The encodings are those of the PDF Reference 1.7, appendix D; the widths are Adobe's, in thousandths of the size.
struct PDFText {
    /// Characters of one font, at one height.
    struct Run: Equatable {
        var isSymbol = false
        /// Raised where positive, lowered where negative, and then smaller.
        var rise = 0.0
        var bytes: [UInt8]

        /// Of the size of its text.
        var scale: Double { rise == 0 ? 1 : 0.7 }
    }

    let runs: [Run]
    /// Over the size of the text; bold letters are a little wider.
    let width: Double

    init(_ text: String) {
        var runs: [Run] = []
        var width = 0.0
        for character in text {
            let (run, advance) = Self.run(of: character)
            width += advance * run.scale / 1000
            if let last = runs.last, last.isSymbol == run.isSymbol, last.rise == run.rise {
                runs[runs.count - 1].bytes += run.bytes
            } else {
                runs.append(run)
            }
        }
        (self.runs, self.width) = (runs, width)
    }

    /// A character's code with its width; a question mark for what neither font has.
    private static func run(of character: Character) -> (run: Run, width: Double) {
        if let symbol = symbols[character] { return (Run(isSymbol: true, bytes: [symbol.code]), symbol.width) }
        if let digit = raised[character] { return raised(digit, by: 0.33) }
        if let digit = lowered[character] { return raised(digit, by: -0.14) }
        if let code = punctuation[character] { return (Run(bytes: [code]), width(of: code)) }
        let scalars = character.unicodeScalars
        let latin = scalars.count == 1 ? scalars.first.flatMap { UInt8(exactly: $0.value) } : nil
        guard let latin, (0x20...0x7e).contains(latin) || latin >= 0xa0 else {
            return (Run(bytes: [0x3f]), width(of: 0x3f))
        }
        return (Run(bytes: [latin]), width(of: latin))
    }

    private static func raised(_ digit: Character, by rise: Double) -> (run: Run, width: Double) {
        var (run, width) = self.run(of: digit)
        run.rise = rise
        return (run, width)
    }

    private static func width(of code: UInt8) -> Double {
        let place = Int(code) - 0x20
        return place < widths.count ? widths[place] : 556
    }

    private static let raised: [Character: Character] = [
        "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁻": "−",
    ]
    private static let lowered: [Character: Character] = [
        "₀": "0", "₁": "1", "₂": "2", "₃": "3", "₄": "4", "₅": "5", "₆": "6", "₇": "7", "₈": "8", "₉": "9",
    ]
    /// Where the encoding is not that of Unicode.
    private static let punctuation: [Character: UInt8] = [
        "…": 0x85, "‘": 0x91, "’": 0x92, "“": 0x93, "”": 0x94, "•": 0x95, "–": 0x96, "—": 0x97, "€": 0x80,
    ]
    private static let symbols: [Character: (code: UInt8, width: Double)] = [
        "−": (0x2d, 549), "≈": (0xbb, 549), "≤": (0xa3, 549), "≥": (0xb3, 549), "≠": (0xb9, 549), "∞": (0xa5, 713),
        "√": (0xd6, 549), "→": (0xae, 987), "∝": (0xb5, 713), "′": (0xa2, 247), "∫": (0xf2, 274), "Σ": (0x53, 592),
        "Δ": (0x44, 612), "α": (0x61, 631), "β": (0x62, 549), "γ": (0x67, 411), "δ": (0x64, 494), "ε": (0x65, 439),
        "ρ": (0x72, 549), "σ": (0x73, 603), "τ": (0x74, 439), "χ": (0x63, 549), "φ": (0x6a, 603),
    ]

    /// From the space to the tilde.
    private static let widths: [Double] = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556,
        556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667,
        556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556,
        556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722,
        500, 500, 500, 334, 260, 334, 584,
    ]
}
