/// ``PositiveSearch`` for the scales and for the minima of a super-block, in two lanes.
struct PairSearch {
    let largest: Int32

    /// Calls `body` with the two scales, and the codes in lanes 0 and 1.
    @inline(__always)
    func callAsFunction(
        _ count: Int, scales: SIMD16<Float>, minima: SIMD16<Float>, importance: SIMD16<Float>,
        _ body: (_ scales: Lanes, _ pair: SubBlocks) -> Void
    ) {
        SubBlocks.withOne(count, values: scales, importance: importance) { pair in
            for index in 0..<count {
                pair.values[index][1] = minima[index]
                pair.importance[index][1] = importance[index]
            }
            body(PositiveSearch(largest: largest)(pair), pair)
        }
    }
}
