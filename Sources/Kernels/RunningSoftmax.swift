/// The weighted means of sixteen queries on their way over the keys: softmax of a query's scores, block by block.
struct RunningSoftmax {
    /// The largest score so far, low enough at first for any finite score to replace it.
    private var largest = (low: Lanes(repeating: -0x1p127), high: Lanes(repeating: -0x1p127))
    /// Σ e^(score − largest) of each query.
    private(set) var total = (low: Lanes.zero, high: Lanes.zero)

    /// Turns the scores of more keys, `[key][query]`, into weights e^(score − largest), and scales what earlier keys added to
    /// `sums`, `[channel][query]`, to the largest score that is known now.
    mutating func fold(
        scores: UnsafeMutablePointer<Float>, keys: Int, sums: UnsafeMutablePointer<Float>, channels: Int
    ) {
        let shrink = exponentiate(scores, keys)
        for index in stride(from: 0, to: 16 * channels, by: 16) {
            sums.store(sums.lanes(index) * shrink.low, index)
            sums.store(sums.lanes(index + 8) * shrink.high, index + 8)
        }
    }

    private mutating func exponentiate(
        _ scores: UnsafeMutablePointer<Float>, _ keys: Int
    ) -> (low: Lanes, high: Lanes) {
        var new = largest
        for index in stride(from: 0, to: 16 * keys, by: 16) {
            new.low = new.low.larger(scores.lanes(index))
            new.high = new.high.larger(scores.lanes(index + 8))
        }
        let shrink = (
            low: exponentialOfNonPositive(largest.low - new.low),
            high: exponentialOfNonPositive(largest.high - new.high)
        )
        var sum = (low: Lanes.zero, high: Lanes.zero)
        for index in stride(from: 0, to: 16 * keys, by: 16) {
            let low = exponentialOfNonPositive(scores.lanes(index) - new.low)
            let high = exponentialOfNonPositive(scores.lanes(index + 8) - new.high)
            scores.store(low, index)
            scores.store(high, index + 8)
            sum.low += low
            sum.high += high
        }
        total.low = sum.low.plus(total.low, shrink.low)
        total.high = sum.high.plus(total.high, shrink.high)
        largest = new
        return shrink
    }
}
