extension Float {
    /// 1 / x, and 0 for 0.
    @inline(__always)
    var inverseOrZero: Float { self == 0 ? 0 : 1 / self }

    /// The integer part; what no Int32 holds gives the smallest, as x86's conversion does.
    @inline(__always)
    var truncated: Int32 { abs(self) < 2_147_483_648 ? Int32(self) : .min }

    /// The nearest integer, ties away from zero, in the manner of ``truncated``.
    @inline(__always)
    var roundedAway: Int32 { rounded(.toNearestOrAwayFromZero).truncated }
}

extension BlockWeights {
    /// The value of the largest magnitude among the first `count` with its sign, the first of equals; zero where all are.
    func outermost(_ count: Int) -> Float {
        var (outermost, largest): (Float, Float) = (0, 0)
        for index in 0..<count where largest < abs(weights[index]) {
            outermost = weights[index]
            largest = abs(outermost)
        }
        return outermost
    }

    /// The smallest and the largest of the first `count`.
    func extremes(_ count: Int) -> (least: Float, most: Float) {
        var (least, most) = (weights[0], weights[0])
        for index in 1..<count {
            if weights[index] < least { least = weights[index] }
            if weights[index] > most { most = weights[index] }
        }
        return (least, most)
    }
}
