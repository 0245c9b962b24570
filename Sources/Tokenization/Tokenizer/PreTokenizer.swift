/// The steps that cut a text into the words that a byte pair encoding sees.
struct PreTokenizer: Sendable {
    enum PrependScheme: String, CaseIterable {
        case first, always, never
    }

    enum Step: Sendable {
        case split(Splitter, SplitBehavior, isInverted: Bool)
        /// Puts a space before every piece that does not begin with one.
        case prefixSpace
        /// Writes spaces as another character, and puts it before pieces too.
        case metaspace([UInt8], PrependScheme, splits: Bool)
        /// Writes each byte as its character of GPT-2's alphabet, for the steps that come after `ByteLevel`.
        case byteAlphabet
    }

    var steps: [Step] = []
    /// Whether the words' bytes are the model's characters, as `ByteLevel` makes them.
    var isByteLevel = false
    /// Whether a step after `ByteLevel` sees its alphabet.
    var writesBytes = false

    /// Calls `body` with every word of a piece of text; `isFirst` says that the piece begins where the document does.
    func forEachWord(_ text: Span<UInt8>, isFirst: Bool, _ body: (Span<UInt8>) -> Void) {
        guard writesBytes else { return cut(text, 0..<text.count, steps[...], isFirst, body) }
        cut(text, 0..<text.count, steps[...], isFirst) { word in
            // What was written in the alphabet was cut between its characters, so it reads back.
            if let bytes = ByteAlphabet.bytes(of: String(decoding: bytes(word, word.indices), as: UTF8.self)) {
                body(bytes.span)
            }
        }
    }

    private func cut(
        _ text: Span<UInt8>, _ range: Range<Int>, _ steps: ArraySlice<Step>, _ isFirst: Bool,
        _ body: (Span<UInt8>) -> Void
    ) {
        guard !range.isEmpty else { return }
        guard let step = steps.first else { return body(text.extracting(range)) }
        let rest = steps.dropFirst()
        switch step {
        case .split(let splitter, let behavior, let isInverted):
            split(text, range, splitter, behavior, isInverted) { piece in
                cut(text, piece, rest, isFirst && piece.lowerBound == 0, body)
            }
        case .prefixSpace:
            if text[range.lowerBound] == 0x20 { return cut(text, range, rest, isFirst, body) }
            let copy = [0x20] + bytes(text, range)
            cut(copy.span, 0..<copy.count, rest, isFirst, body)
        case .byteAlphabet:
            var copy: [UInt8] = []
            for index in range { copy += String(ByteAlphabet.scalars[Int(text[index])]).utf8 }
            cut(copy.span, 0..<copy.count, rest, isFirst, body)
        case .metaspace(let marker, let scheme, let splits):
            let copy = metaspaced(text, range, marker, scheme, isFirst)
            guard splits else { return cut(copy.span, 0..<copy.count, rest, isFirst, body) }
            split(copy.span, 0..<copy.count, .literal(marker), .mergedWithNext, false) { piece in
                cut(copy.span, piece, rest, isFirst && piece.lowerBound == 0, body)
            }
        }
    }

    private func split(
        _ text: Span<UInt8>, _ range: Range<Int>, _ splitter: Splitter, _ behavior: SplitBehavior,
        _ isInverted: Bool, _ body: (Range<Int>) -> Void
    ) {
        switch behavior {
        case .isolated: splitter.forEachStretch(text, range) { body($0.range) }
        case .removed: splitter.forEachStretch(text, range) { if $0.isMatch == isInverted { body($0.range) } }
        case .mergedWithPrevious, .mergedWithNext, .contiguous:
            var stretches: [Stretch] = []
            splitter.forEachStretch(text, range) {
                stretches.append(Stretch(range: $0.range, isMatch: $0.isMatch != isInverted))
            }
            for piece in behavior.pieces(stretches) { body(piece) }
        }
    }

    private func metaspaced(
        _ text: Span<UInt8>, _ range: Range<Int>, _ marker: [UInt8], _ scheme: PrependScheme, _ isFirst: Bool
    ) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count + range.count / 2)
        let begins =
            text[range.lowerBound] == 0x20 || text.matches(marker, at: range.lowerBound, limit: range.upperBound)
        if !begins, scheme == .always || scheme == .first && isFirst { copy += marker }
        for index in range {
            if text[index] == 0x20 { copy += marker } else { copy.append(text[index]) }
        }
        return copy
    }

    private func bytes(_ text: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count + 1)
        for index in range { copy.append(text[index]) }
        return copy
    }
}
