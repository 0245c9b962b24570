/// A compiled regular expression that finds where pieces of text end.
///
/// The expression becomes a graph of nodes without cycles: only single scalars may repeat without bound, and a run of them
/// is one node. So matching recurses no deeper than the pattern, whatever the text, and a run gives back by stepping back.
struct Pattern: Sendable {
    private enum Node {
        case accept
        case one(Int, next: Int)
        case run(Int, minimum: Int, maximum: Int, isPossessive: Bool, next: Int)
        case choice(Int)
        case lookahead(Int, isNegative: Bool, next: Int)
        case lineEnd(next: Int)
    }

    /// Alternatives in order, with the ones that can begin with each byte as a bit mask.
    private struct Choice {
        let alternatives: [Int]
        let byFirstByte: [UInt64]
    }

    private static let nodeLimit = 512

    private var nodes: [Node] = [.accept]
    /// Nodes name their classes by index: copying one would count references for every scalar matched.
    private var classes: [ScalarClass] = []
    private var choices: [Choice] = []
    private var root = 0

    /// Compiles a pattern, or says which part of it is not supported.
    init(_ pattern: String) throws(PatternFault) {
        root = try add(try ExpressionParser.parse(pattern), next: 0)
    }

    // MARK: Matching

    /// The end of the match that begins at an offset, or nil; `limit` is where the text ends.
    func end(of text: Span<UInt8>, from offset: Int, limit: Int) -> Int? {
        let end = match(root, text, offset, limit)
        return end < 0 ? nil : end
    }

    /// −1 for no match: an optional costs a register pair on the hottest path there is.
    private func match(_ start: Int, _ text: Span<UInt8>, _ offset: Int, _ limit: Int) -> Int {
        var node = start
        var offset = offset
        while true {
            switch nodes[node] {
            case .accept:
                return offset
            case .one(let members, let next):
                guard offset < limit else { return -1 }
                let (value, byteCount) = text.scalar(at: offset)
                guard classes[members].contains(value) else { return -1 }
                offset += byteCount
                node = next
            case .run(let members, let minimum, let maximum, let isPossessive, let next):
                var count = 0
                let first = offset
                while offset < limit, count < maximum {
                    let (value, byteCount) = text.scalar(at: offset)
                    guard classes[members].contains(value) else { break }
                    offset += byteCount
                    count += 1
                }
                guard count >= minimum else { return -1 }
                if !isPossessive, next != 0, offset > first {
                    return giveBack(next, text, offset, limit, count - minimum)
                }
                node = next
            case .choice(let index):
                return choose(choices[index], text, offset, limit)
            case .lookahead(let body, let isNegative, let next):
                guard (match(body, text, offset, limit) >= 0) != isNegative else { return -1 }
                node = next
            case .lineEnd(let next):
                guard offset == limit || text[offset] == 0x0a else { return -1 }
                node = next
            }
        }
    }

    /// Goes on after a run, with up to `spare` scalars less of it.
    private func giveBack(_ next: Int, _ text: Span<UInt8>, _ offset: Int, _ limit: Int, _ spare: Int) -> Int {
        var offset = offset
        var spare = spare
        while true {
            let end = match(next, text, offset, limit)
            if end >= 0 || spare == 0 { return end }
            spare -= 1
            offset = text.start(before: offset)
        }
    }

    private func choose(_ choice: Choice, _ text: Span<UInt8>, _ offset: Int, _ limit: Int) -> Int {
        var viable = offset < limit ? choice.byFirstByte[Int(text[offset])] : ~0
        while viable != 0 {
            let index = viable.trailingZeroBitCount
            guard index < choice.alternatives.count else { return -1 }
            let end = match(choice.alternatives[index], text, offset, limit)
            if end >= 0 { return end }
            viable &= viable - 1
        }
        return -1
    }

    // MARK: Compiling

    private mutating func add(_ node: Node) throws(PatternFault) -> Int {
        guard nodes.count < Self.nodeLimit else {
            throw PatternFault(offset: 0, reason: "more than \(Self.nodeLimit) parts")
        }
        nodes.append(node)
        return nodes.count - 1
    }

    private mutating func add(_ members: ScalarClass) -> Int {
        classes.append(members)
        return classes.count - 1
    }

    /// Adds an expression that goes on at `next`, and returns where it begins.
    private mutating func add(_ expression: Expression, next: Int) throws(PatternFault) -> Int {
        switch expression {
        case .one(let members): return try add(.one(add(members), next: next))
        case .sequence(let parts):
            var next = next
            for part in parts.reversed() { next = try add(part, next: next) }
            return next
        case .alternatives(let all):
            var starts: [Int] = []
            for alternative in all { starts.append(try add(alternative, next: next)) }
            return try addChoice(starts)
        case .repeated(.one(let members), let minimum, let maximum, let isPossessive):
            return try add(
                .run(add(members), minimum: minimum, maximum: maximum, isPossessive: isPossessive, next: next))
        case .repeated(let body, let minimum, let maximum, let isPossessive):
            guard maximum < .max, !isPossessive else {
                throw PatternFault(offset: 0, reason: "a group repeated without bound, or possessively")
            }
            // Oniguruma leaves a loop as soon as a turn of it has matched nothing.
            guard maximum <= 1 || !body.canBeEmpty else {
                throw PatternFault(offset: 0, reason: "a group that may match nothing, repeated")
            }
            return try addRepeated(body, minimum: minimum, maximum: maximum, next: next)
        case .lookahead(let body, let isNegative):
            return try add(.lookahead(try add(body, next: 0), isNegative: isNegative, next: next))
        case .lineEnd: return try add(.lineEnd(next: next))
        }
    }

    /// Writes a bounded repetition out: `minimum` copies, then nested optional ones.
    private mutating func addRepeated(
        _ body: Expression, minimum: Int, maximum: Int, next: Int
    ) throws(PatternFault) -> Int {
        var start = next
        for _ in minimum..<maximum { start = try addChoice([try add(body, next: start), next]) }
        for _ in 0..<minimum { start = try add(body, next: start) }
        return start
    }

    private mutating func addChoice(_ alternatives: [Int]) throws(PatternFault) -> Int {
        guard alternatives.count <= UInt64.bitWidth else {
            throw PatternFault(offset: 0, reason: "more than \(UInt64.bitWidth) alternatives")
        }
        var byFirstByte = [UInt64](repeating: 0, count: 256)
        for (index, start) in alternatives.enumerated() {
            for byte in 0..<256 where canBegin(start, UInt8(byte)) { byFirstByte[byte] |= 1 << UInt64(index) }
        }
        choices.append(Choice(alternatives: alternatives, byFirstByte: byFirstByte))
        return try add(.choice(choices.count - 1))
    }

    /// Whether a match from a node may begin with a byte; true where that is not known.
    private func canBegin(_ node: Int, _ byte: UInt8) -> Bool {
        switch nodes[node] {
        case .one(let members, _): byte >= 0x80 || classes[members].contains(ascii: byte)
        case .run(let members, let minimum, _, _, let next):
            byte >= 0x80 || classes[members].contains(ascii: byte) || minimum == 0 && canBegin(next, byte)
        case .choice(let index): choices[index].byFirstByte[Int(byte)] != 0
        case .accept, .lookahead, .lineEnd: true
        }
    }
}
