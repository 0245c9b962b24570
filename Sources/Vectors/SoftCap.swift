/// Scores or logits on their way through a soft cap, limit·tanh(x/limit) (Gemma 2, arXiv 2408.00118, section 2).
@usableFromInline package struct CappedRow {
    @usableFromInline let values: UnsafeMutablePointer<Float>
    @usableFromInline let count: Int
    @usableFromInline let limit: Float

    /// `count` values, a multiple of sixteen, which are replaced.
    package init(_ values: UnsafeMutablePointer<Float>, count: Int, limit: Float) {
        (self.values, self.count, self.limit) = (values, count, limit)
    }

    /// Replaces the values.
    @inlinable @_transparent
    package func cap() {
        var index = 0
        while index < count {
            values.store(hyperbolicTangent(values.floats(index) / Floats(repeating: limit)) * limit, index)
            index &+= 16
        }
    }
}

/// tanh y = m/(m + 2) with m = e^2y − 1, which loses nothing near zero.
@inlinable @_transparent
func hyperbolicTangent(_ y: Floats) -> Floats {
    // Beyond 20 the result is ±1 already.
    let parts = ExponentialParts((y + y).larger(Floats(repeating: -40)).smaller(Floats(repeating: 40)))
    let power = powerOfTwo(parts.n)
    let m = (power - Floats(repeating: 1)).plus(power, parts.excess)
    return m / (m + Floats(repeating: 2))
}
