/// Sixteen or 32 weights in rising order, on their way to the digits −1, 0 and 1 with a shift.
struct TernarySubBlock {
    let length: Int
    let weights: UnsafeMutablePointer<Float>
    /// What the square of a weight's error counts.
    let importance: UnsafeMutablePointer<Float>
    /// The positions of the weights from the least to the largest, equal ones as they stand.
    let order: UnsafeMutablePointer<Int>

    /// 1/8 or −1/8, by which all digits of a group are moved.
    @inline(__always)
    static func shift(negative: Bool) -> Float { negative ? -0.125 : 0.125 }

    /// Lends memory for a sub-block.
    static func with(_ length: Int, _ body: (TernarySubBlock) -> Void) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * length) { floats in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: length) { order in
                guard let weights = floats.baseAddress, let positions = order.baseAddress else { return }
                body(
                    TernarySubBlock(
                        length: length, weights: weights, importance: weights + length, order: positions))
            }
        }
    }

    /// Takes weights from `first` on, with a function from index and weight to importance.
    @inline(__always)
    func load(_ block: BlockWeights, _ first: Int, _ weigh: (Int, Float) -> Float) {
        for index in 0..<length {
            weights[index] = block[first + index]
            importance[index] = weigh(first + index, weights[index])
            var place = index
            while place > 0, weights[order[place - 1]] > weights[index] {
                order[place] = order[place - 1]
                place -= 1
            }
            order[place] = index
        }
    }

    /// The largest magnitude.
    @inline(__always)
    var largest: Float { max(abs(weights[order[0]]), abs(weights[order[length - 1]])) }
}
