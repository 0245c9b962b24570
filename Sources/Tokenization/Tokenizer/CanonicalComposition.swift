// The standard library's own normalizer; FoundationEssentials uses it by the same door. Foundation's public
// `precomposedStringWithCanonicalMapping` takes a microsecond a byte here and leaves some marks uncomposed.
@_spi(_Unicode) import Swift

/// Unicode normalization form C, as the `tokenizers` library computes it: by the tables of Unicode 9.
///
/// To those tables a scalar that was added later neither decomposes, composes nor moves. So the text is cut at such
/// scalars and each stretch composed for itself; the stability policy makes the rest the same in all versions.
enum CanonicalComposition {
    private static let versionMajor = 9

    /// The composed form of a UTF-8 text.
    static func composed(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var copied = 0
        var offset = 0
        var before = 0
        while offset < text.count {
            let (value, byteCount) = text.span.scalar(at: offset)
            guard !isInert(value) else {
                before = offset
                offset += byteCount
                continue
            }
            // The starter before may take part in what follows.
            let end = inertStart(text.span, from: offset)
            result += text[copied..<max(copied, before)]
            append(composing: text[max(copied, before)..<end], to: &result)
            copied = end
            before = end
            offset = end
        }
        return copied == 0 ? text : result + text[copied...]
    }

    private static func append(composing text: ArraySlice<UInt8>, to result: inout [UInt8]) {
        var stretch = String.UnicodeScalarView()
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if isKnown(scalar) {
                stretch.append(scalar)
            } else {
                append(composing: &stretch, to: &result)
                result.append(contentsOf: UTF8.encodedBytes(scalar))
            }
        }
        append(composing: &stretch, to: &result)
    }

    private static func append(composing stretch: inout String.UnicodeScalarView, to result: inout [UInt8]) {
        for scalar in String(stretch)._nfc { result.append(contentsOf: UTF8.encodedBytes(scalar)) }
        stretch.removeAll(keepingCapacity: true)
    }

    private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
        if isInert(scalar.value) { return true }
        guard let age = scalar.properties.age else { return false }
        return age.major <= versionMajor
    }

    /// Where the next scalar begins that composition leaves alone and that nothing before it composes with.
    private static func inertStart(_ text: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < text.count {
            let (value, byteCount) = text.scalar(at: offset)
            if isInert(value) { break }
            offset += byteCount
        }
        return offset
    }

    /// Latin, Cyrillic, kana without its marks, Han, Hangul syllables: starters that are composed already.
    private static func isInert(_ value: UInt32) -> Bool {
        switch value {
        case 0..<0x300, 0x400...0x481, 0x3041...0x3096, 0x30a0...0x30ff, 0x4e00...0x9fa5, 0xac00...0xd7a3: true
        default: false
        }
    }
}

extension UTF8 {
    /// The one to four bytes of a scalar.
    fileprivate static func encodedBytes(_ scalar: Unicode.Scalar) -> Unicode.UTF8.EncodedScalar {
        // Every scalar has an encoding; the replacement is what the protocol's optional asks for.
        encode(scalar) ?? encodedReplacementCharacter
    }
}
