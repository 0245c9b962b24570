/// The way of 256 weights to the points, signs and scales of the IQ2 and IQ3 types.
struct GridEncoder {
    let search: GridSearch
    /// Whether seven bits hold eight signs (``Signs``).
    let evenSigns: Bool
    /// Sub-blocks whose largest size is below this are zero.
    let smallest: Float
    /// Whether ``PositiveSearch`` finds the scale to begin with; otherwise the largest size has the largest digit.
    var findsMost = false

    /// One sub-block's results.
    struct SubBlock {
        var points: SIMD8<Int32>
        /// Eight signs for each eight weights.
        var signs: SIMD4<UInt8>
    }

    /// Searches each sub-block, and gives their scales, none negative.
    ///
    /// Takes the signs of the block's weights, and calls `store` with the number of each sub-block that is not zero and its
    /// results.
    @inline(__always)
    func callAsFunction(_ block: GridBlock, _ store: (Int, SubBlock) -> Void) -> SIMD16<Float> {
        let length = search.length
        var signs = SIMD32<UInt8>.zero
        for group in 0..<32 { signs[group] = block.takeSigns(group * 8, even: evenSigns) }
        let starts = findsMost ? start(block) : .zero
        var scales = SIMD16<Float>.zero
        for index in 0..<256 / length {
            let part = block.advanced(index * length)
            let largest = part.most(length)
            var (most, scale) = (largest, largest / Float(2 * search.levels - 1))
            if findsMost { (most, scale) = (starts[index] * Float(search.levels), starts[index]) }
            guard largest >= smallest, most > 0 else { continue }
            var found = search(part, most: most, scale: scale)
            var results = SubBlock(points: .zero, signs: .zero)
            for group in 0..<length / search.dimensions {
                results.points[group] = Int32(search.neighbours.number(Int(found.codes[group])))
            }
            for group in 0..<length / 8 { results.signs[group] = signs[index * length / 8 + group] }
            if found.scale < 0 {
                found.scale = -found.scale
                results.signs = ~results.signs & (evenSigns ? 127 : 255)
            }
            store(index, results)
            scales[index] = found.scale
        }
        return scales
    }

    /// The best scale for codes 0 … 4 in each of eight sub-blocks of 32.
    @inline(__always)
    private func start(_ block: GridBlock) -> Lanes {
        var scale = Lanes.zero
        let source = BlockWeights(weights: block.sizes, importance: block.importance, rowMeanSquare: 0)
        SuperBlock.with(source, length: 32) { superBlock in
            superBlock.setImportance(block.importance)
            scale = PositiveSearch(largest: search.levels + 1)(superBlock.group(0))
        }
        return scale
    }

    /// The codes of scales, of which the largest is code 15's: scale ≈ unit · (2 · code + 1).
    @inline(__always)
    static func codes(_ scales: SIMD16<Float>, unit: Float, largest: Int32) -> SIMD16<UInt8> {
        var codes = SIMD16<UInt8>.zero
        for index in 0..<16 {
            let code = (0.5 * (1 / unit * scales[index] - 1)).nearest
            codes[index] = UInt8(max(0, min(largest, code)))
        }
        return codes
    }
}

extension UnsafeMutablePointer<UInt8> {
    /// Sets bytes to zero.
    @inline(__always)
    func clear(_ range: Range<Int>) { (self + range.lowerBound).update(repeating: 0, count: range.count) }
}
