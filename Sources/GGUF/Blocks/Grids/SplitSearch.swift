/// The exact search of a scale and of two places that part a sorted sub-block into the digits −1, 0 and 1, for each shift.
///
/// Of all splits and shifts the first with the best weighted least squares stays. Groups of eight that are no point of the grid
/// then go to the neighbour that is nearest, and the scale is solved for again.
enum SplitSearch {
    /// A positive scale, the number of each group's point, and which shifts are negative.
    struct Found {
        var scale: Float = 0
        var points = SIMD4<Int32>.zero
        /// Bit 0 for the only shift; with two, bit 1 for the first group's and bit 0 for the second's.
        var shifts: UInt8 = 0
    }

    /// The best so far.
    private struct Best {
        var score = -Float.greatestFiniteMagnitude
        var scale: Float = 0
        var split = 0..<0
        /// Nil while there is none.
        var shifts: UInt8?

        @inline(__always)
        mutating func consider(_ product: Float, _ square: Float, _ split: (Int, Int), _ shifts: UInt8) {
            guard square > 0, product * product > score * square else { return }
            scale = product / square
            score = scale * product
            self.split = split.0..<split.1
            self.shifts = shifts
        }
    }

    private static let plus: (Float, Float, Float) = (-0.875, 0.125, 1.125)
    private static let minus: (Float, Float, Float) = (-1.125, -0.125, 0.875)

    /// One shift for all 32 weights.
    static func one(_ part: TernarySubBlock) -> Found? {
        var best = Best()
        // Lanes beyond the last place are no numbers, and so never better.
        let capacity = part.length + 9
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * capacity) { memory in
            memory.initialize(repeating: .nan)
            guard let products = memory.baseAddress else { return }
            let weights = products + capacity
            (products[0], weights[0]) = (0, 0)
            for place in 0..<part.length {
                let index = part.order[place]
                products[place + 1] = products[place] + part.importance[index] * part.weights[index]
                weights[place + 1] = weights[place] + part.importance[index]
            }
            let sums = PrefixSums(length: part.length, products: products, weights: weights)
            var most = Lanes.zero
            var least = Lanes(repeating: .greatestFiniteMagnitude)
            sums.forEachEight { _, _, product, square in
                let score = product * product / square
                let counts = square .> 0
                most.take(score, (score .> most) .& counts)
                least.take(square, (square .< least) .& counts)
            }
            // Splits clearly below the best cannot win, and the first that is not clearly below wins against all before it;
            // unless numbers are so small or large that rounding is no longer relative.
            let bound = most.max() * (1 - 1e-5)
            let isExact = bound * least.min() > 1e-30 && bound < 1e30
            sums.forEachEight { first, second, product, square in
                guard !isExact || any(product * product .>= bound * (1 - 1e-6) * square) else { return }
                for lane in 0..<4 where square[lane] > 0 {
                    best.consider(product[lane], square[lane], (first, second + lane), 0)
                    best.consider(product[4 + lane], square[4 + lane], (first, second + lane), 1)
                }
            }
        }
        return points(part, best, groupsShare: true)
    }

    /// A shift for each eight of sixteen weights.
    static func two(_ part: TernarySubBlock) -> Found? {
        var best = Best()
        withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 3 * part.length) { terms in
            for place in 0..<part.length {
                let index = part.order[place]
                terms[place] = term(part, index, plus.0, minus.0)
                terms[part.length + place] = term(part, index, plus.1, minus.1)
                terms[2 * part.length + place] = term(part, index, plus.2, minus.2)
            }
            var low = Lanes.zero
            for first in 0...part.length {
                var middle = low
                for second in first...part.length {
                    var sums = middle
                    for place in second..<part.length { sums += terms[2 * part.length + place] }
                    for shifts in 0..<4 {
                        best.consider(sums[shifts], sums[4 + shifts], (first, second), UInt8(shifts))
                    }
                    if second < part.length { middle += terms[part.length + second] }
                }
                if first < part.length { low += terms[first] }
            }
        }
        return points(part, best, groupsShare: false)
    }

    /// What a weight adds to the products, and to the squares, of four pairs of shifts.
    @inline(__always)
    private static func term(_ part: TernarySubBlock, _ index: Int, _ plus: Float, _ minus: Float) -> Lanes {
        var term = Lanes.zero
        for shifts in 0..<4 {
            let level = shifts >> (index < part.length / 2 ? 1 : 0) & 1 == 0 ? plus : minus
            term[shifts] = part.importance[index] * level * part.weights[index]
            term[4 + shifts] = part.importance[index] * level * level
        }
        return term
    }

    /// The points of the best split.
    private static func points(_ part: TernarySubBlock, _ best: Best, groupsShare: Bool) -> Found? {
        guard var shifts = best.shifts else { return nil }
        let neighbours = GridNeighbours.ternary2048
        let flips = best.scale < 0
        if flips { shifts ^= groupsShare ? 1 : 3 }
        var codes = SIMD4<Int32>.zero
        for place in 0..<part.length {
            let index = part.order[place]
            let digit: Int32 = place < best.split.lowerBound ? 0 : place < best.split.upperBound ? 1 : 2
            codes[index / 8] |= (flips ? 2 - digit : digit) << Int32(2 * (index % 8))
        }
        var found = Found(scale: abs(best.scale), shifts: shifts)
        var allPoints = true
        for group in 0..<part.length / 8 {
            let code = Int(codes[group])
            let shift = self.shift(shifts, group, groupsShare)
            if neighbours.isPoint(code) {
                found.points[group] = Int32(neighbours.number(code))
            } else {
                allPoints = false
                let point = neighbours.nearest(
                    code, dimensions: 8, part.weights + 8 * group, part.importance + 8 * group, scale: found.scale
                ) { 0.5 * $0 + (shift - 1.5) }
                found.points[group] = Int32(point)
            }
        }
        if !allPoints { solve(part, &found, groupsShare) }
        return found
    }

    @inline(__always)
    private static func shift(_ shifts: UInt8, _ group: Int, _ groupsShare: Bool) -> Float {
        TernarySubBlock.shift(negative: shifts >> (groupsShare || group == 1 ? 0 : 1) & 1 == 1)
    }

    /// The scale of the points by weighted least squares, where it is positive.
    private static func solve(_ part: TernarySubBlock, _ found: inout Found, _ groupsShare: Bool) {
        let codes = GridNeighbours.ternary2048.codes
        var (products, squares): (Float, Float) = (0, 0)
        for index in 0..<part.length {
            let digit = codes[Int(found.points[index / 8])] >> UInt16(2 * (index % 8)) & 3
            let level = Float(digit) - 1 + shift(found.shifts, index / 8, groupsShare)
            products += part.importance[index] * level * part.weights[index]
            squares += part.importance[index] * level * level
        }
        if products > 0, squares > 0 { found.scale = products / squares }
    }

    /// Sums of the first weights in rising order, of which splits make theirs.
    private struct PrefixSums {
        let length: Int
        /// Σ importance · weight and Σ importance; beyond `length` no numbers.
        let products: UnsafePointer<Float>
        let weights: UnsafePointer<Float>

        private static let levels = (
            Lanes(lowHalf: SIMD4(repeating: plus.0), highHalf: SIMD4(repeating: minus.0)),
            Lanes(lowHalf: SIMD4(repeating: plus.1), highHalf: SIMD4(repeating: minus.1)),
            Lanes(lowHalf: SIMD4(repeating: plus.2), highHalf: SIMD4(repeating: minus.2))
        )

        /// Calls `body` with the weighted sums of four second places from one on: lanes 0 … 3 with the positive shift, then 4 …
        /// 7 with the negative one.
        @inline(__always)
        func forEachEight(_ body: (_ first: Int, _ second: Int, _ product: Lanes, _ square: Lanes) -> Void) {
            let levels = Self.levels
            for first in 0...length {
                let low = (products[first] - products[0], weights[first] - weights[0])
                let lowProduct = low.0 * levels.0
                let lowSquare = low.1 * levels.0 * levels.0
                var second = first
                while second <= length {
                    let (product, weight) = (products.twice(second), weights.twice(second))
                    let (middle, high) = (product - products[first], products[length] - product)
                    let (middleWeight, highWeight) = (weight - weights[first], weights[length] - weight)
                    body(
                        first, second, lowProduct + middle * levels.1 + high * levels.2,
                        lowSquare + middleWeight * levels.1 * levels.1 + highWeight * levels.2 * levels.2)
                    second += 4
                }
            }
        }
    }
}

extension UnsafePointer<Float> {
    /// Four floats from `index` on, twice.
    @inline(__always)
    fileprivate func twice(_ index: Int) -> Lanes {
        let four = UnsafeRawPointer(self + index).loadUnaligned(as: SIMD4<Float>.self)
        return Lanes(lowHalf: four, highHalf: four)
    }
}
