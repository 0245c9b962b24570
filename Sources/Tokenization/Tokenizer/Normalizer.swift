/// The steps that change a text before it is cut.
struct Normalizer: Sendable {
    enum Step: Sendable {
        case composition
        case prepend([UInt8])
        case replace(Splitter, [UInt8])
    }

    var steps: [Step] = []

    /// The normalized form of a piece of text, given and returned as UTF-8.
    func normalized(_ piece: [UInt8]) -> [UInt8] {
        var text = piece
        for step in steps {
            switch step {
            case .composition: text = CanonicalComposition.composed(text)
            case .prepend(let prefix): if !text.isEmpty { text = prefix + text }
            case .replace(let splitter, let content): text = replacing(splitter, content, in: text)
            }
        }
        return text
    }

    private func replacing(_ splitter: Splitter, _ content: [UInt8], in text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        splitter.forEachStretch(text.span, 0..<text.count) { stretch in
            result += stretch.isMatch ? content[...] : text[stretch.range]
        }
        return result
    }
}
