/// A regular expression as written: what the parser makes and the compiler reads.
indirect enum Expression: Equatable {
    case one(ScalarClass)
    case sequence([Expression])
    case alternatives([Expression])
    /// Greedy; `maximum` is `Int.max` for an open end. A possessive one never gives back.
    case repeated(Expression, minimum: Int, maximum: Int, isPossessive: Bool)
    case lookahead(Expression, isNegative: Bool)
    case lineEnd

    /// Whether the expression may match nothing.
    var canBeEmpty: Bool {
        switch self {
        case .one: false
        case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
        case .alternatives(let all): all.contains(where: \.canBeEmpty)
        case .repeated(let body, let minimum, _, _): minimum == 0 || body.canBeEmpty
        case .lookahead, .lineEnd: true
        }
    }
}
