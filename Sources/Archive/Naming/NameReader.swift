/// Goes through a name from its beginning and takes out the quantities in it (``CheckpointName`` has the grammar).
struct NameReader {
    enum Kind: CaseIterable {
        case step, tokens, stage, ingredient, seed

        /// Longer ones first, since one may begin with another.
        var keywords: [String] {
            switch self {
            case .step: ["global_step", "iteration", "checkpoint", "steps", "step", "ckpt", "iter"]
            case .tokens: ["tokens", "token"]
            case .stage: ["stage", "phase"]
            case .ingredient: ["ingredient"]
            case .seed: ["seed"]
            }
        }
    }

    /// A quantity as it stands in the name.
    struct Part {
        let kind: Kind
        /// Keyword and number, or what a seed is called.
        let text: String
        /// Nil where the number cannot be read.
        let count: NamedCount?
    }

    private let name: [UInt8]
    private let lowercased: [UInt8]
    private var position = 0
    /// What belongs to no step and no tokens.
    private var kept: [UInt8] = []
    private var endOfStep: Int?
    /// The tokens where no keyword says so.
    private var bareWord: String?

    init(_ name: String) {
        self.name = Array(name.utf8)
        lowercased = self.name.map { Self.upper.contains($0) ? $0 | 0x20 : $0 }
    }

    var isDigitsOnly: Bool { !name.isEmpty && name.allSatisfy(Self.digits.contains) }

    /// What is left, its words joined by `-`.
    var rest: String {
        Self.words(kept).filter { $0.lowercased() != bareWord }.joined(separator: "-")
    }

    /// The words of a name, of which digits behind a point are one.
    static func words(_ name: [UInt8]) -> [String] {
        name.split { separators.contains($0) || $0 == UInt8(ascii: ".") }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The next quantity; nil at the end of the name.
    mutating func next() -> Part? {
        while position < name.count {
            if let part = tokensBeforeKeyword() ?? part() { return part }
            kept.append(name[position])
            position += 1
        }
        return nil
    }

    /// A number of billions or trillions that stands alone in the name, or behind its step.
    mutating func bareTokens(after hasStep: Bool) -> NamedCount? {
        let start = hasStep ? endOfStep ?? name.count : 0
        var words = lowercased[start...].split { Self.separators.contains($0) }
        if !hasStep, words.count != 1 { words = [] }
        for word in words.reversed() {
            let number = NameNumber(word)
            guard let number, number.end == word.endIndex, let unit = number.unit, "bt".utf8.contains(unit) else {
                continue
            }
            bareWord = String(decoding: word, as: UTF8.self)
            return number.count
        }
        return nil
    }
}

extension NameReader {
    static let upper = UInt8(ascii: "A")...UInt8(ascii: "Z")
    static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    static let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    static let separators = Set("-_=".utf8)

    private var followsLetter: Bool { position > 0 && Self.letters.contains(lowercased[position - 1]) }

    /// A keyword with its number, where the reader stands.
    private mutating func part() -> Part? {
        guard !followsLetter else { return nil }
        for kind in Kind.allCases {
            for keyword in kind.keywords where lowercased[position...].starts(with: keyword.utf8) {
                if let part = part(kind, from: position + keyword.utf8.count) { return part }
            }
        }
        return trainedTokens()
    }

    private mutating func part(_ kind: Kind, from end: Int) -> Part? {
        var start = end
        if start < name.count, Self.separators.contains(name[start]) { start += 1 }
        guard start < name.count else { return nil }
        if kind == .seed { return seed(from: start) }
        guard let number = NameNumber(lowercased[start...]) else { return nil }
        guard number.isWhole(followedBy: lowercased) else {
            // Digits that go on in other letters are something else than a number.
            guard number.looksLikeACount(followedBy: lowercased) else { return nil }
            let end = lowercased[start...].firstIndex { Self.separators.contains($0) } ?? name.count
            return take(kind, upTo: end, count: nil)
        }
        if kind != .tokens, let unit = number.unit, "bt".utf8.contains(unit) { return nil }
        return take(kind, upTo: number.end, count: number.count)
    }

    /// `294B-tokens`.
    private mutating func tokensBeforeKeyword() -> Part? {
        guard Self.digits.contains(name[position]), !followsWord, let number = NameNumber(lowercased[position...]),
            number.unit != nil
        else { return nil }
        var end = number.end
        // 100BT: a hundred billion tokens.
        if number.unit == UInt8(ascii: "b"), end < name.count, lowercased[end] == UInt8(ascii: "t"),
            end + 1 == name.count || !Self.isAlphanumeric(lowercased[end + 1])
        {
            return take(.tokens, upTo: end + 1, count: number.count)
        }
        if end < name.count, Self.separators.contains(name[end]) { end += 1 }
        guard let keyword = Kind.tokens.keywords.first(where: { lowercased[end...].starts(with: $0.utf8) }) else {
            return nil
        }
        end += keyword.utf8.count
        guard end == name.count || !Self.isAlphanumeric(lowercased[end]) else { return nil }
        return take(.tokens, upTo: end, count: number.count)
    }

    /// `train_00220B`.
    private mutating func trainedTokens() -> Part? {
        let keyword = "train"
        guard lowercased[position...].starts(with: keyword.utf8) else { return nil }
        var start = position + keyword.utf8.count
        if start < name.count, Self.separators.contains(name[start]) { start += 1 }
        guard start < name.count, let number = NameNumber(lowercased[start...]), number.unit != nil,
            number.isWhole(followedBy: lowercased)
        else { return nil }
        return take(.tokens, upTo: number.end, count: number.count)
    }

    /// A number, or words up to the next quantity.
    private mutating func seed(from start: Int) -> Part? {
        guard Self.isAlphanumeric(lowercased[start]) else { return nil }
        var end = start
        var words: [ArraySlice<UInt8>] = []
        while end < name.count {
            let word = lowercased[end...].prefix { !Self.separators.contains($0) }
            let startsQuantity = Kind.allCases.contains { $0.keywords.contains { word.starts(with: $0.utf8) } }
            guard !word.isEmpty, !startsQuantity else { break }
            words.append(word)
            end = min(name.count, word.endIndex + 1)
            if words.count == 1, word.allSatisfy(Self.digits.contains) { break }
        }
        guard let last = words.last else { return nil }
        let text = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
        kept += name[position..<last.endIndex]
        position = last.endIndex
        return Part(kind: .seed, text: text, count: nil)
    }

    private var followsWord: Bool { position > 0 && Self.isAlphanumeric(lowercased[position - 1]) }

    private mutating func take(_ kind: Kind, upTo end: Int, count: NamedCount?) -> Part {
        let text = String(decoding: name[position..<end], as: UTF8.self)
        if kind == .step || kind == .tokens {
            kept.append(UInt8(ascii: "-"))
        } else {
            kept += name[position..<end]
        }
        if kind == .step { endOfStep = end }
        position = end
        return Part(kind: kind, text: text, count: count)
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool { letters.contains(byte | 0x20) || digits.contains(byte) }
}
