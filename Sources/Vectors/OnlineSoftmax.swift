/// The weighted means of sixteen queries on their way over the keys: softmax of a query's scores, block by block.
@usableFromInline package struct OnlineSoftmax {
    /// The largest score of each query so far, low enough at first for any finite score to replace it.
    @usableFromInline var largest = Floats(repeating: -0x1p127)
    /// Σ e^(score − largest) of each query.
    @usableFromInline package var total = Floats.zero

    package init() {}

    /// Starts with a score that belongs to no key, and whose weight goes nowhere (a sink).
    package init(sink: Float) {
        largest = Floats(repeating: sink)
        total = Floats(repeating: 1)
    }

    /// Turns the scores of more keys, `[key][query]`, into weights e^(score − largest), and scales what earlier keys added to
    /// `sums`, `[channel][query]`, to the largest score that is known now.
    @inlinable @_transparent
    package mutating func accumulate(
        scores: UnsafeMutablePointer<Float>, keys: Int, sums: UnsafeMutablePointer<Float>, channels: Int
    ) {
        let before = largest
        let largest = before.larger(UnsafePointer(scores).largest(count: 16 &* keys))
        let shrink = exponentialOfNonPositive(before - largest)
        var sum = Floats.zero
        var index = 0
        while index < 16 &* keys {
            let weight = exponentialOfNonPositive(scores.floats(index) - largest)
            scores.store(weight, index)
            sum += weight
            index &+= 16
        }
        self.largest = largest
        total = sum.plus(total, shrink)
        index = 0
        while index < 16 &* channels {
            sums.store(sums.floats(index) * shrink, index)
            index &+= 16
        }
    }
}
