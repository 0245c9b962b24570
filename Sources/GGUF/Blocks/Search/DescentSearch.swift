/// The search of a scale for codes −`bound` … `bound` − 1, which are left plus `bound`, one code at a time.
///
/// Five times at most, each code in turn moves to where it fits the scale of all others, if the weighted least squares gain.
/// An error counts with the weight's square.
struct DescentSearch {
    let bound: Int32

    @inline(__always)
    func callAsFunction(_ blocks: SubBlocks) -> Lanes {
        let (outermost, isZero) = blocks.outermost
        let inverse = Lanes(repeating: Float(-bound)) / outermost
        var sums = Sums()
        for index in 0..<blocks.length {
            let value = blocks.values[index]
            let code = (inverse * value).nearest(-bound, bound - 1)
            blocks.codes[index] = code
            sums.products += value * value * value * code
            sums.squares += value * value * code * code
        }
        var sweeps = 0
        while sweeps < 5, sweep(blocks, &sums) { sweeps += 1 }
        for index in 0..<blocks.length {
            blocks.codes[index] = (blocks.codes[index] + Float(bound)).zeroed(isZero)
        }
        let scale = (sums.products / sums.squares).zeroed(.!(sums.squares .> 0))
        return scale.zeroed(isZero)
    }

    private struct Sums {
        var products = Lanes.zero
        var squares = Lanes.zero
    }

    /// Whether any code moved.
    @inline(__always)
    private func sweep(_ blocks: SubBlocks, _ sums: inout Sums) -> Bool {
        var moved = SIMDMask<SIMD8<Int32>>(repeating: false)
        for index in 0..<blocks.length {
            let value = blocks.values[index]
            let weight = value * value
            let old = blocks.codes[index]
            var products = sums.products - weight * value * old
            var squares = sums.squares - weight * old * old
            let new = (value * squares / products).nearest(-bound, bound - 1)
            var better = (products .> 0) .& (new .!= old)
            products += weight * value * new
            squares += weight * new * new
            better .&= squares .> 0
            better .&= products * products * sums.squares .> sums.products * sums.products * squares
            blocks.codes[index].take(new, better)
            sums.products.take(products, better)
            sums.squares.take(squares, better)
            moved .|= better
        }
        return any(moved)
    }
}
