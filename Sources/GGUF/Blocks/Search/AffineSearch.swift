/// The search of a scale and a minimum: x ≈ scale · code + minimum, codes 0 … `largest`, minimum at most zero.
///
/// Each step tries another inverse scale, (first + step · i + largest) / (most − least), rounds to codes, and solves for the
/// weighted least squares; the best of them stays, and its minimum is the least of the steps after it.
struct AffineSearch {
    let largest: Int32
    let first: Float
    let step: Float
    let steps: Int
    /// Whether the error of a weight counts as it is, and not its square.
    var absolute = false

    /// The scales and the negated minima; codes are left in `blocks`.
    @inline(__always)
    func callAsFunction(_ blocks: SubBlocks) -> (scale: Lanes, minimum: Lanes) {
        let range = Range(blocks)
        var best = Best(range, self, blocks)
        withUnsafeTemporaryAllocation(of: Lanes.self, capacity: blocks.length) { codes in
            for index in 0...steps {
                let factor = first + step * Float(index) + Float(largest)
                attempt(factor, range, blocks, codes, &best)
            }
        }
        for index in 0..<blocks.length {
            let code = (best.inverse * (blocks.values[index] - best.offset)).nearest(0, largest)
            blocks.codes[index] = code.zeroed(range.isEmpty)
        }
        // A product and no difference from zero, because zeros keep their signs.
        return (best.scale.zeroed(range.isEmpty), -1 * best.minimum)
    }

    /// Solves for codes of one inverse scale, and keeps them where their error is the least so far.
    @inline(__always)
    private func attempt(
        _ factor: Float, _ range: Range, _ blocks: SubBlocks, _ codes: UnsafeMutableBufferPointer<Lanes>,
        _ best: inout Best
    ) {
        let inverse = Lanes(repeating: factor) / (range.most - best.minimum)
        let moments = Moments(inverse, best.minimum, largest, blocks, codes)
        let determinant = range.weight * moments.codeSquares - moments.codes * moments.codes
        var scale = (range.weight * moments.products - range.sum * moments.codes) / determinant
        var minimum = (moments.codeSquares * range.sum - moments.codes * moments.products) / determinant
        let positive = minimum .> 0
        scale.take(moments.products / moments.codeSquares, positive)
        minimum.take(.zero, positive)
        let error = self.error(scale, minimum, blocks) { codes[$0] }
        let better = (determinant .> 0) .& (error .< best.error)
        best.offset.take(best.minimum, better)
        best.inverse.take(inverse, better)
        best.error.take(error, better)
        best.scale.take(scale, better)
        best.minimum.take(minimum, better)
    }

    @inline(__always)
    private func error(_ scale: Lanes, _ minimum: Lanes, _ blocks: SubBlocks, _ code: (Int) -> Lanes) -> Lanes {
        var error = Lanes.zero
        for index in 0..<blocks.length {
            let difference = scale * code(index) + minimum - blocks.values[index]
            error += blocks.importance[index] * (absolute ? difference.magnitudes : difference * difference)
        }
        return error
    }
}

extension AffineSearch {
    /// What a sub-block's weights span, and their weighted sums.
    private struct Range {
        var least: Lanes
        var most: Lanes
        var weight: Lanes
        var sum: Lanes
        var isEmpty: SIMDMask<SIMD8<Int32>>

        @inline(__always)
        init(_ blocks: SubBlocks) {
            least = blocks.values[0]
            most = least
            weight = blocks.importance[0]
            sum = weight * least
            for index in 1..<blocks.length {
                let value = blocks.values[index]
                least.take(value, value .< least)
                most.take(value, value .> most)
                weight += blocks.importance[index]
                sum += blocks.importance[index] * value
            }
            least.take(.zero, least .> 0)
            isEmpty = (most .== least)
        }
    }

    /// The best so far; `inverse` and `offset` are what its codes were rounded with.
    private struct Best {
        var inverse: Lanes
        var offset: Lanes
        var scale: Lanes
        var minimum: Lanes
        var error: Lanes

        @inline(__always)
        init(_ range: Range, _ search: AffineSearch, _ blocks: SubBlocks) {
            let first = Lanes(repeating: Float(search.largest)) / (range.most - range.least)
            inverse = first
            offset = range.least
            minimum = range.least
            scale = 1 / first
            error = search.error(scale, minimum, blocks) {
                (first * (blocks.values[$0] - range.least)).nearest(0, search.largest)
            }
        }
    }

    /// The weighted sums of codes, their squares, and their products with the weights.
    private struct Moments {
        var codes = Lanes.zero
        var codeSquares = Lanes.zero
        var products = Lanes.zero

        @inline(__always)
        init(
            _ inverse: Lanes, _ offset: Lanes, _ largest: Int32, _ blocks: SubBlocks,
            _ stored: UnsafeMutableBufferPointer<Lanes>
        ) {
            for index in 0..<blocks.length {
                let value = blocks.values[index]
                let code = (inverse * (value - offset)).nearest(0, largest)
                stored[index] = code
                let weighted = blocks.importance[index] * code
                codes += weighted
                codeSquares += weighted * code
                products += weighted * value
            }
        }
    }
}
