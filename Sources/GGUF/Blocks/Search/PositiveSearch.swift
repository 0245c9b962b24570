/// The search of a scale for values that are not negative: x ≈ scale · code, codes 0 … `largest`.
///
/// Nine scales around the one that puts the largest value at `largest` compete by their weighted errors; then, five times at
/// most, each code in turn moves to where it fits the scale of all others, if the least squares gain.
///
/// A code is a byte. Where a value is negative after all, its code wraps, as it does in ggml.
struct PositiveSearch {
    let largest: Int32

    @inline(__always)
    func callAsFunction(_ blocks: SubBlocks) -> Lanes {
        var most = Lanes.zero
        for index in 0..<blocks.length { most.take(blocks.values[index], blocks.values[index] .> most) }
        let isZero = most .< SubBlocks.smallest
        let inverse = bestInverse(most, blocks)
        var (products, squares) = (Lanes.zero, Lanes.zero)
        for index in 0..<blocks.length {
            let (value, weight) = (blocks.values[index], blocks.importance[index])
            let code = (inverse * value).nearest(atMost: largest)
            blocks.codes[index] = code.asBytes
            products += weight * value * code
            squares += weight * code * code
        }
        var sweeps = 0
        while sweeps < 5, sweep(blocks, &products, &squares) { sweeps += 1 }
        for index in 0..<blocks.length { blocks.codes[index].take(.zero, isZero) }
        return (products / squares).zeroed(isZero .| .!(squares .> 0))
    }

    @inline(__always)
    private func bestInverse(_ most: Lanes, _ blocks: SubBlocks) -> Lanes {
        var inverse = Lanes(repeating: Float(largest)) / most
        var least = error(1 / inverse, blocks) { ($0 * inverse).nearest(atMost: .max - 0x0040_0000).asBytes }
        for step in -4...4 where step != 0 {
            let tried = Lanes(repeating: 0.1 * Float(step) + Float(largest)) / most
            let error = self.error(1 / tried, blocks) { (tried * $0).nearest(atMost: largest) }
            let better = error .< least
            least.take(error, better)
            inverse.take(tried, better)
        }
        return inverse
    }

    @inline(__always)
    private func error(_ scale: Lanes, _ blocks: SubBlocks, _ code: (Lanes) -> Lanes) -> Lanes {
        var error = Lanes.zero
        for index in 0..<blocks.length {
            let difference = blocks.values[index] - scale * code(blocks.values[index])
            error += blocks.importance[index] * difference * difference
        }
        return error
    }

    /// Whether any code moved.
    @inline(__always)
    private func sweep(_ blocks: SubBlocks, _ products: inout Lanes, _ squares: inout Lanes) -> Bool {
        var moved = SIMDMask<SIMD8<Int32>>(repeating: false)
        for index in 0..<blocks.length {
            let (value, weight) = (blocks.values[index], blocks.importance[index])
            let old = blocks.codes[index]
            var otherProducts = products - weight * value * old
            var otherSquares = squares - weight * old * old
            let new = (value * otherSquares / otherProducts).nearest(atMost: largest)
            var better = (otherProducts .> 0) .& (otherSquares .> 0) .& (new .!= old)
            otherProducts += weight * value * new
            otherSquares += weight * new * new
            better .&= otherProducts * otherProducts * squares .> products * products * otherSquares
            blocks.codes[index].take(new.asBytes, better)
            products.take(otherProducts, better)
            squares.take(otherSquares, better)
            moved .|= better
        }
        return any(moved)
    }
}
