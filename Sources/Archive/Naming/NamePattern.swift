/// How names of a person's own making are read: `ckpt_{step}-seed{seed}`.
///
/// `{step}`, `{tokens}`, `{stage}` and `{ingredient}` stand for numbers (the first two as ``CheckpointName`` has them, with
/// thousands, fractions and units), `{seed}` for any text without `/`, `*` for anything without `/`; all else stands for
/// itself, case aside. The pattern is that of a folder, a tar archive without its suffix, or a revision; one with `/` is
/// that of several in a row.
package struct NamePattern: Sendable, Equatable {
    enum Field: String, CaseIterable {
        case step, tokens, seed, stage, ingredient
    }

    private enum Piece: Equatable {
        case literal([UInt8])
        case field(Field)
        case anything
    }

    package let text: String
    private let pieces: [Piece]

    /// Folders that the pattern speaks of.
    var depth: Int { text.utf8.count { $0 == UInt8(ascii: "/") } + 1 }

    /// Reads a pattern; throws what is wrong with it.
    package init(_ text: String) throws(NamePatternError) {
        self.text = text
        var pieces: [Piece] = []
        var rest = text[...]
        while let first = rest.first {
            if first == "*" {
                pieces.append(.anything)
                rest = rest.dropFirst()
            } else if first == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw .openBrace(String(rest)) }
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                guard let field = Field(rawValue: name) else { throw .unknownField(name) }
                guard !pieces.contains(.field(field)) else { throw .repeatedField(name) }
                pieces.append(.field(field))
                rest = rest[rest.index(after: end)...]
            } else {
                let literal = rest.prefix { $0 != "*" && $0 != "{" }
                pieces.append(.literal(Array(literal.lowercased().utf8)))
                rest = rest[literal.endIndex...]
            }
        }
        guard pieces.contains(.field(.step)) || pieces.contains(.field(.tokens)) else { throw .noStep }
        self.pieces = pieces
    }

    /// What a name says by the pattern; nil where it is no such name.
    package func read(_ name: String) -> CheckpointName? {
        let bytes = Array(name.utf8)
        var match = Match(pieces: pieces, name: bytes, lowercased: Array(name.lowercased().utf8))
        // Text whose small letters take other room than its large ones cannot be followed byte by byte.
        guard match.name.count == match.lowercased.count, match.run(piece: 0, position: 0) else { return nil }
        let caught = match.caught.reversed()
        let text = { (range: Range<Int>) in String(decoding: bytes[range], as: UTF8.self) }
        var rest: [UInt8] = []
        var position = 0
        for (field, range) in caught where field == .step || field == .tokens {
            rest += bytes[position..<range.lowerBound]
            position = range.upperBound
        }
        rest += bytes[position...]
        return CheckpointName(
            caught.map { ($0.field, text($0.range)) }, rest: NameReader.words(rest).joined(separator: "-"), of: name)
    }

    /// A search for a way in which pieces make up a name, each place tried once.
    private struct Match {
        let pieces: [Piece]
        let name: [UInt8]
        let lowercased: [UInt8]
        /// The fields found, the last one first.
        var caught: [(field: Field, range: Range<Int>)] = []
        private var failed: Set<[Int]> = []

        init(pieces: [Piece], name: [UInt8], lowercased: [UInt8]) {
            (self.pieces, self.name, self.lowercased) = (pieces, name, lowercased)
        }

        mutating func run(piece: Int, position: Int) -> Bool {
            guard piece < pieces.count else { return position == name.count }
            guard !failed.contains([piece, position]) else { return false }
            for end in ends(of: pieces[piece], from: position) where run(piece: piece + 1, position: end) {
                if case .field(let field) = pieces[piece] { caught.append((field, position..<end)) }
                return true
            }
            failed.insert([piece, position])
            return false
        }

        /// Where a piece that begins at a position may end, the likeliest first.
        private func ends(of piece: Piece, from start: Int) -> [Int] {
            let inFolder = start + lowercased[start...].prefix { $0 != UInt8(ascii: "/") }.count
            switch piece {
            case .literal(let bytes): return lowercased[start...].starts(with: bytes) ? [start + bytes.count] : []
            case .anything: return Array(start...inFolder)
            case .field(.seed): return start < inFolder ? Array((start + 1)...inFolder) : []
            case .field(let field):
                let isDigits = field == .stage || field == .ingredient
                return (start..<inFolder).reversed().map { $0 + 1 }.filter { end in
                    let text = String(decoding: lowercased[start..<end], as: UTF8.self)
                    guard let number = NameNumber(text), number.count != nil else { return false }
                    return !isDigits || text.utf8.allSatisfy(NameReader.digits.contains)
                }
            }
        }
    }
}

/// What is wrong with a pattern of names.
package enum NamePatternError: Error, Equatable, CustomStringConvertible {
    case openBrace(String)
    case unknownField(String)
    case repeatedField(String)
    case noStep

    package var description: String {
        let known = NamePattern.Field.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
        return switch self {
        case .openBrace(let rest): "'\(rest)' opens a brace that nothing closes"
        case .unknownField(let name): "there is no '{\(name)}'; there are \(known)"
        case .repeatedField(let name): "'{\(name)}' stands twice"
        case .noStep: "neither {step} nor {tokens} stands in it"
        }
    }
}
