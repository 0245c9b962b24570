/// 256 weights on their way to a grid: sizes and signs apart, and what errors count.
struct GridBlock {
    /// The weights without the signs that are stored.
    let sizes: UnsafeMutablePointer<Float>
    /// What the square of a weight's error counts.
    let importance: UnsafeMutablePointer<Float>
    /// The roots of importance, with which neighbours are chosen.
    let roots: UnsafeMutablePointer<Float>
    /// The codes of eight groups for eight candidates, as rounded and as points.
    let rounded: UnsafeMutablePointer<SIMD8<Int32>>
    let codes: UnsafeMutablePointer<SIMD8<Int32>>

    private static let vectors = 32

    /// Lends a block with the importance that `weigh` makes of eight weights, and what was given for them.
    @inline(__always)
    static func with(
        _ block: BlockWeights, _ weigh: (_ weights: Lanes, _ given: Lanes) -> Lanes, _ body: (GridBlock) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 3 * vectors + 16) { memory in
            guard let lanes = memory.baseAddress else { return }
            for index in 0..<vectors {
                let weights = block.weights.lanes(index * 8)
                let importance = weigh(weights, block.importance?.lanes(index * 8) ?? .zero)
                lanes[index] = weights
                lanes[vectors + index] = importance
                lanes[2 * vectors + index] = importance.roots
            }
            // Sound because lanes are eight floats each.
            let floats = UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self)
            let codes = UnsafeMutableRawPointer(lanes + 3 * vectors).assumingMemoryBound(to: SIMD8<Int32>.self)
            body(
                GridBlock(
                    sizes: floats, importance: floats + 256, roots: floats + 512, rounded: codes, codes: codes + 8))
        }
    }

    /// The same from a weight on.
    @inline(__always)
    func advanced(_ first: Int) -> GridBlock {
        GridBlock(
            sizes: sizes + first, importance: importance + first, roots: roots + first, rounded: rounded,
            codes: codes)
    }

    /// Makes sizes of the eight weights from `first` on, and gives their signs as bits.
    ///
    /// Where only an even number of signs can be stored, in seven bits, the sign of the weight that counts least turns, and its
    /// size is negative.
    @inline(__always)
    func takeSigns(_ first: Int, even: Bool) -> UInt8 {
        let sizes = sizes + first
        var signs: UInt8 = 0
        for index in 0..<8 where sizes[index] < 0 {
            signs |= 1 << UInt8(index)
            sizes[index] = -sizes[index]
        }
        guard even else { return signs }
        if signs.nonzeroBitCount % 2 == 1 {
            var (least, position) = (importance[first] * sizes[0] * sizes[0], 0)
            for index in 1..<8 {
                let cost = importance[first + index] * sizes[index] * sizes[index]
                if cost < least { (least, position) = (cost, index) }
            }
            sizes[position] = -sizes[position]
            signs ^= 1 << UInt8(position)
        }
        return signs & 127
    }

    /// The largest of the first `count` sizes.
    @inline(__always)
    func most(_ count: Int) -> Float {
        var most = sizes[0]
        for index in 1..<count where sizes[index] > most { most = sizes[index] }
        return most
    }
}

extension UnsafePointer<Float> {
    /// Eight floats from `index` on.
    @inline(__always)
    func lanes(_ index: Int) -> Lanes { UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self) }
}
