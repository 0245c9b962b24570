/// The search of a scale for codes −`bound` … `bound` − 1, which are left plus `bound`: x ≈ scale · (code − bound).
///
/// It begins with the scale that puts the outermost weight at −`bound`, tries nine a little smaller and nine larger, and keeps
/// the one with the best weighted least squares.
struct SymmetricSearch {
    let bound: Int32

    @inline(__always)
    func callAsFunction(_ blocks: SubBlocks) -> Lanes {
        let (outermost, isZero) = blocks.outermost
        var inverse = Lanes(repeating: Float(-bound)) / outermost
        var (products, squares) = sums(inverse, blocks)
        var scale = (products / squares).zeroed(squares .== 0)
        var best = scale * products
        for step in -9...9 where step != 0 {
            let tried = Lanes(repeating: -(Float(bound) + 0.1 * Float(step))) / outermost
            (products, squares) = sums(tried, blocks)
            let better = (squares .> 0) .& (products * products .> best * squares)
            scale.take(products / squares, better)
            best.take(scale * products, better)
            inverse.take(tried, better)
        }
        for index in 0..<blocks.length {
            let code = (inverse * blocks.values[index]).nearest(-bound, bound - 1) + Float(bound)
            blocks.codes[index] = code.zeroed(isZero)
        }
        return scale.zeroed(isZero)
    }

    @inline(__always)
    private func sums(_ inverse: Lanes, _ blocks: SubBlocks) -> (products: Lanes, squares: Lanes) {
        var (products, squares) = (Lanes.zero, Lanes.zero)
        for index in 0..<blocks.length {
            let value = blocks.values[index]
            let weight = blocks.importance[index]
            let code = (inverse * value).nearest(-bound, bound - 1)
            products += weight * value * code
            squares += weight * code * code
        }
        return (products, squares)
    }
}

extension SubBlocks {
    /// Below this a sub-block counts as zero.
    static let smallest: Float = 1e-15

    /// The value of the largest magnitude with its sign, the first of equals, and where all are as good as zero.
    @inline(__always)
    var outermost: (value: Lanes, isZero: SIMDMask<SIMD8<Int32>>) {
        var (outermost, largest) = (Lanes.zero, Lanes.zero)
        for index in 0..<length {
            let magnitude = values[index].magnitudes
            let further = magnitude .> largest
            outermost.take(values[index], further)
            largest.take(magnitude, further)
        }
        return (outermost, largest .< Self.smallest)
    }
}
