/// The search of a scale and of grid points for the sizes of a sub-block: size ≈ scale · (2 · digit + 1).
///
/// Candidates for the inverse scale are (middle + step · i) / most; sizes round to digits, groups that are no point go to the
/// neighbour that is nearest by weighted distance, and the candidate with the best weighted least squares stays. Then groups are
/// rounded once more with its scale, and the scale is solved for again.
///
/// Eight candidates are tried side by side, each with the order of sums of one alone.
struct GridSearch {
    let neighbours: GridNeighbours
    /// Digits of a point, and their number of values.
    let dimensions: Int
    let levels: Int32
    /// Weights of a sub-block.
    let length: Int
    /// Candidates −`reach` … `reach`.
    let reach: Int
    let step: Float
    /// The inverse scale of candidate 0 puts the largest size here.
    let middle: Float
    /// Which groups round once more with the best scale.
    let refined: Refined

    enum Refined {
        /// All, always.
        case all
        /// All, if one was no point.
        case allIfOffGrid
        /// Those that were no points.
        case offGrid
    }

    /// A scale, which may come out negative, and the code of each group's point.
    struct Found {
        var scale: Float
        var codes = SIMD8<Int32>.zero
        /// The codes before neighbours took the place of those that are no points.
        var rounded = SIMD8<Int32>.zero
    }

    @inline(__always)
    private var digitBits: Int32 { levels == 3 ? 2 : 3 }

    @inline(__always)
    private var groups: Range<Int> { 0..<length / dimensions }

    /// The best scale and points, `scale` and the first point where no candidate is any good; `most` stands at `middle`.
    @inline(__always)
    func callAsFunction(_ block: GridBlock, most: Float, scale: Float) -> Found {
        var found = Found(scale: scale)
        if refined == .allIfOffGrid { found.rounded = SIMD8(repeating: -1) }
        var best: Float = 0
        var first = -reach
        while first <= reach {
            attempt(first, min(8, reach - first + 1), most, block, &found, &best)
            first += 8
        }
        refine(block, &found)
        return found
    }

    /// Tries up to eight candidates side by side.
    @inline(__always)
    private func attempt(
        _ first: Int, _ count: Int, _ most: Float, _ block: GridBlock, _ found: inout Found, _ best: inout Float
    ) {
        let candidates = Lanes(0, 1, 2, 3, 4, 5, 6, 7) + Float(first)
        let inverse = (middle + candidates * step) / most
        let scale = 1 / inverse
        for group in groups {
            let rounded = round(group, inverse, block)
            block.rounded[group] = rounded
            block.codes[group] = rounded
            // Sound because lanes are eight integers each.
            let codes = UnsafeMutableRawPointer(block.codes + group).assumingMemoryBound(to: Int32.self)
            for lane in 0..<count where !neighbours.isPoint(Int(codes[lane])) {
                codes[lane] = nearest(Int(codes[lane]), group, scale[lane], block)
            }
        }
        let (products, squares) = sums(block)
        for lane in 0..<count where squares[lane] > 0 {
            let product = products[lane]
            guard product * product > best * squares[lane] else { continue }
            found.scale = product / squares[lane]
            best = found.scale * product
            for group in groups {
                found.codes[group] = block.codes[group][lane]
                found.rounded[group] = block.rounded[group][lane]
            }
        }
    }

    /// The codes of a group's sizes for eight inverse scales.
    @inline(__always)
    private func round(_ group: Int, _ inverse: Lanes, _ block: GridBlock) -> SIMD8<Int32> {
        var codes = SIMD8<Int32>.zero
        for index in 0..<dimensions {
            let size = block.sizes[group * dimensions + index]
            let digits = (0.5 * (inverse * size - 1)).nearestIntegers(0, levels - 1)
            codes |= digits &<< (digitBits * Int32(index))
        }
        return codes
    }

    /// The code of the point nearest to a group's sizes among the neighbours of a code.
    @inline(__always)
    private func nearest(_ code: Int, _ group: Int, _ scale: Float, _ block: GridBlock) -> Int32 {
        let first = group * dimensions
        let point = neighbours.nearest(
            code, dimensions: dimensions, block.sizes + first, block.roots + first, scale: scale
        ) { $0 }
        return Int32(neighbours.codes[point])
    }

    /// The weighted sums of the codes' values, with sizes and squared.
    @inline(__always)
    private func sums(_ block: GridBlock) -> (products: Lanes, squares: Lanes) {
        var (products, squares) = (Lanes.zero, Lanes.zero)
        for group in groups {
            let codes = block.codes[group]
            for index in 0..<dimensions {
                let digits = (codes &>> (digitBits * Int32(index))) & (1 &<< digitBits &- 1)
                let value = unsafeBitCast((digits &<< 1) | 0x4b00_0001, to: Lanes.self) - 8_388_608
                let weight = block.importance[group * dimensions + index]
                products += weight * block.sizes[group * dimensions + index] * value
                squares += weight * value * value
            }
        }
        return (products, squares)
    }

    /// Rounds once more with the best scale, and solves for the scale again.
    @inline(__always)
    private func refine(_ block: GridBlock, _ found: inout Found) {
        var anyOff = refined == .all
        for group in groups where found.codes[group] != found.rounded[group] { anyOff = true }
        guard anyOff, found.scale > 0 else { return }
        let inverse = Lanes(repeating: 1 / found.scale)
        for group in groups {
            if refined != .offGrid || found.codes[group] != found.rounded[group] {
                let code = round(group, inverse, block)[0]
                found.codes[group] =
                    neighbours.isPoint(Int(code)) ? code : nearest(Int(code), group, found.scale, block)
            }
            block.codes[group] = SIMD8(repeating: found.codes[group])
        }
        let (products, squares) = sums(block)
        if squares[0] > 0 { found.scale = products[0] / squares[0] }
    }
}
