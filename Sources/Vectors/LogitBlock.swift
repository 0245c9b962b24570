/// The logits of one row of one variant for some tokens.
@usableFromInline package struct LogitBlock {
    @usableFromInline let logits: UnsafePointer<Float>
    @usableFromInline let baseline: UnsafePointer<Float>
    @usableFromInline let weights: UnsafeMutablePointer<Float>
    @usableFromInline let count: Int

    /// `count` logits, a multiple of sixteen, and the baseline's logits b for the same tokens (the logits themselves where the
    /// variant is the baseline), with e^(b − largest b), which the baseline's block leaves for the variants after it.
    package init(
        logits: UnsafePointer<Float>, baseline: UnsafePointer<Float>, weights: UnsafeMutablePointer<Float>, count: Int
    ) {
        (self.logits, self.baseline, self.weights, self.count) = (logits, baseline, weights, count)
    }

    /// The largest logit that is not NaN.
    @inlinable @_transparent
    package var largest: Float { logits.largest(count: count).largestLane }

    /// Σ e^(logit − largest), where no logit is larger; leaves the terms in `weights`.
    @inlinable @_transparent
    package func exponentiate(less largest: Float) -> Double {
        var sum = Floats.zero
        var index = 0
        while index < count {
            let weight = exponentialOfNonPositive(logits.floats(index) - largest)
            weights.store(weight, index)
            sum += weight
            index &+= 16
        }
        return sum.total
    }

    /// Σ e^(logit − largest), where no logit is larger, and Σ weight·(b − logit).
    @inlinable @_transparent
    package func compare(less largest: Float) -> (sum: Double, difference: Double) {
        var (sum, difference) = (Floats.zero, Floats.zero)
        var index = 0
        while index < count {
            let logit = logits.floats(index)
            sum += exponentialOfNonPositive(logit - largest)
            difference = difference.plus(weights.floats(index), baseline.floats(index) - logit)
            index &+= 16
        }
        return (sum.total, difference.total)
    }
}
