/// The steps that change a text before it is cut.
struct Normalizer: Sendable {
    enum Step: Sendable {
        case form(NormalizationForm)
        case lowercase
        case strip(left: Bool, right: Bool)
        case prepend([UInt8])
        case replace(Splitter, [UInt8])
    }

    var steps: [Step] = []

    /// The normalized form of a piece of text, given and returned as UTF-8.
    func normalized(_ piece: [UInt8]) -> [UInt8] {
        var text = piece
        for step in steps {
            switch step {
            case .form(.c): text = CanonicalComposition.composed(text)
            case .form(let form): text = form.normalized(text)
            case .lowercase: text = lowercased(text)
            case .strip(let left, let right): text = stripped(text, left: left, right: right)
            case .prepend(let prefix): if !text.isEmpty { text = prefix + text }
            case .replace(let splitter, let content): text = replacing(splitter, content, in: text)
            }
        }
        return text
    }

    /// Each scalar by itself, so that a sigma at a word's end is none of its own.
    private func lowercased(_ text: [UInt8]) -> [UInt8] {
        var result = ""
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            result += scalar.properties.lowercaseMapping
        }
        return Array(result.utf8)
    }

    private func stripped(_ text: [UInt8], left: Bool, right: Bool) -> [UInt8] {
        var scalars = String(decoding: text, as: UTF8.self).unicodeScalars[...]
        if left { scalars = scalars.drop(while: \.properties.isWhitespace) }
        while right, scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        return Array(String(scalars).utf8)
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
