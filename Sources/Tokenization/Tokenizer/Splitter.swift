/// What a text is cut by.
enum Splitter: Sendable {
    case pattern(Pattern)
    case literal([UInt8])
    /// Single numbers, by Unicode's category.
    case digits
    /// Single punctuation marks: ASCII's, and those of Unicode 8, whose tables the library has.
    case punctuation
    /// Single characters of white space.
    case whiteSpace

    /// Calls `body` with every match and every stretch between matches, in order, until the whole range is covered.
    func forEachStretch(_ text: Span<UInt8>, _ range: Range<Int>, _ body: (Stretch) -> Void) {
        var offset = range.lowerBound
        var rest = offset
        /// Where the last match ended: an empty one there would be found for ever.
        var lastEnd = -1
        while offset <= range.upperBound {
            guard let end = matchEnd(text, offset, range.upperBound), end > offset || offset != lastEnd else {
                guard offset < range.upperBound else { break }
                offset += text.scalar(at: offset).byteCount
                continue
            }
            if rest < offset { body(Stretch(range: rest..<offset, isMatch: false)) }
            body(Stretch(range: offset..<end, isMatch: true))
            rest = end
            lastEnd = end
            offset = end
        }
        if rest < range.upperBound { body(Stretch(range: rest..<range.upperBound, isMatch: false)) }
    }

    @inline(__always)
    private func matchEnd(_ text: Span<UInt8>, _ offset: Int, _ limit: Int) -> Int? {
        switch self {
        case .pattern(let pattern): return pattern.end(of: text, from: offset, limit: limit)
        case .literal(let bytes):
            return !bytes.isEmpty && text.matches(bytes, at: offset, limit: limit) ? offset + bytes.count : nil
        case .digits:
            guard offset < limit else { return nil }
            let (value, byteCount) = text.scalar(at: offset)
            if value < 0x80 { return (0x30...0x39).contains(value) ? offset + byteCount : nil }
            return Unicode.Scalar(value)?.isNumeric == true ? offset + byteCount : nil
        case .punctuation, .whiteSpace:
            guard offset < limit else { return nil }
            let (value, byteCount) = text.scalar(at: offset)
            guard let scalar = Unicode.Scalar(value) else { return nil }
            let isMatch = if case .punctuation = self { scalar.isPunctuation } else { scalar.properties.isWhitespace }
            return isMatch ? offset + byteCount : nil
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isPunctuation: Bool {
        if isASCII { return (0x21...0x7e).contains(value) && !properties.isAlphabetic && properties.numericType == nil }
        // Two that were punctuation then and are something else now.
        if value == 0x166d || value == 0x111c9 { return true }
        guard let age = properties.age, age.major <= 8 else { return false }
        switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }
}
