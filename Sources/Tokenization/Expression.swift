/// A regular expression as written: what the parser makes and the compiler reads.
indirect enum Expression: Equatable {
    case one(ScalarClass)
    case sequence([Expression])
    case alternatives([Expression])
    /// Greedy; `maximum` is `Int.max` for an open end. A possessive one never gives back.
    case repeated(Expression, minimum: Int, maximum: Int, isPossessive: Bool)
    case lookahead(Expression, isNegative: Bool)
    case lineEnd
}
