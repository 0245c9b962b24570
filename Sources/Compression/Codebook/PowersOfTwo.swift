import Kernels
import RealModule

/// The clustering of Probabilistic Weight Fixing (2309.13575, as wanderingweights/PWFN's `clustering/Cluster.py` does it)
/// in its data-free form: a weight's own size stands for the spread that training would have learnt for it.
///
/// A centre c covers a weight w where |w − c|/|w| ≤ δ, and 0 covers those below 2^(t−b), where 2^t is the power of two at
/// or above the largest weight. Centres are sums of at most ω powers 2^(t−b) … of one sign, no greater than the largest
/// weight that is left. The centre that covers the most weights takes them, the least one of several; so on until none
/// covers any; then ω and δ grow in turns, ω by 1 up to 4 and δ to its double. At δ ≥ 1 what is left becomes 0. (The
/// authors' code takes the middle centre for 0, which another one is once centres are gone; here 0 stays 0.)
///
/// There δ and b (7) are given and the number of centres follows. Here it is given, k: for each b from 1 to 7 the first
/// δ = 2^(j/8 − 8), j = 0, 1 … 63, with which at most k centres cover all weights; of these the b of least squared error.
struct PowersOfTwo {
    /// The distinct weights in rising order, with how many there are of each.
    private let values: [Double]
    private let counts: [Int]

    /// A centre for each weight.
    struct Centres {
        /// In rising order, each of them exact in float32.
        let levels: [Float]
        /// The distinct weights in rising order and the place of each one's centre among the levels.
        let values: [Float]
        let codes: [UInt8]

        /// The code of one of the weights.
        func code(_ weight: Float) -> UInt8 {
            codes[LevelRanks.rank(weight, values.span)]
        }
    }

    /// Takes weights that are finite.
    init(_ weights: Matrix) {
        let sorted = weights.values.sorted()
        var (values, counts) = ([Double](), [Int]())
        for weight in sorted {
            if values.last == Double(weight) {
                counts[counts.count - 1] += 1
            } else {
                values.append(Double(weight))
                counts.append(1)
            }
        }
        (self.values, self.counts) = (values, counts)
    }

    /// At most so many centres, which are three or more: three cover any weights.
    func centres(_ limit: Int) -> Centres {
        var best: (error: Double, chosen: [Double])?
        for depth in 1...7 {
            let found = (0..<64).lazy.compactMap { step in
                PowerCover(values, counts, depth: depth).run(distance: Double.exp2(Double(step) / 8 - 8), limit: limit)
            }.first
            guard let found else { continue }
            let error = values.indices.reduce(0.0) { sum, index in
                let difference = values[index] - found[index]
                return sum + Double(counts[index]) * difference * difference
            }
            if error < best?.error ?? .infinity { best = (error, found) }
        }
        guard let best else { preconditionFailure("the power at half the largest weight's, its opposite and 0 do") }
        let levels = Set(best.chosen).sorted()
        let places = Dictionary(uniqueKeysWithValues: levels.enumerated().map { ($1, UInt8(truncatingIfNeeded: $0)) })
        return Centres(
            levels: levels.map { Float($0) }, values: values.map { Float($0) },
            codes: best.chosen.map { places[$0] ?? 0 })
    }
}

/// One run of the clustering for a distance and a depth.
private struct PowerCover {
    private let values: [Double]
    private let counts: [Int]
    /// The least power of two that is a centre.
    private let unit: Double
    /// The centre of each value; NaN for those that have none yet.
    private var chosen: [Double]
    private var left: Int

    private static let greatestOrder = 4

    init(_ values: [Double], _ counts: [Int], depth: Int) {
        (self.values, self.counts) = (values, counts)
        let largest = max(abs(values.first ?? 0), abs(values.last ?? 0))
        unit = largest == 0 ? 1 : Double(sign: .plus, exponent: Self.ceiling(largest) - depth, significand: 1)
        chosen = [Double](repeating: .nan, count: values.count)
        left = values.count
    }

    /// A centre for each value; nil where there would be more than `limit` of them.
    func run(distance: Double, limit: Int) -> [Double]? {
        var run = self
        return run.assign(distance, limit) ? run.chosen : nil
    }

    private mutating func assign(_ first: Double, _ limit: Int) -> Bool {
        var (distance, order, turn) = (first, 1, 1)
        var used: Set<Double> = []
        while left > 0 {
            if distance >= 1 {
                for index in values.indices where chosen[index].isNaN { chosen[index] = 0 }
                used.insert(0)
                return used.count <= limit
            }
            var candidates = candidates(order, distance)
            while let best = candidates.indices.max(by: { candidates[$0].count < candidates[$1].count }),
                candidates[best].count > 0
            {
                used.insert(candidates[best].centre)
                guard used.count <= limit else { return false }
                take(best, &candidates)
            }
            if order < Self.greatestOrder, !turn.isMultiple(of: 2) { order += 1 } else { distance *= 2 }
            turn += 1
        }
        return true
    }

    private struct Candidate {
        let centre: Double
        /// The values that it covers, and how many weights among them have no centre yet.
        let range: Range<Int>
        var count: Int
    }

    /// The possible centres in rising order.
    private func candidates(_ order: Int, _ distance: Double) -> [Candidate] {
        // How many weights without a centre lie before each value.
        var before = [0]
        before.reserveCapacity(values.count + 1)
        var largest = 0.0
        for index in values.indices {
            let isLeft = chosen[index].isNaN
            before.append(before[index] + (isLeft ? counts[index] : 0))
            if isLeft { largest = max(largest, abs(values[index])) }
        }
        func candidate(_ centre: Double, _ range: Range<Int>) -> Candidate {
            Candidate(centre: centre, range: range, count: before[range.upperBound] - before[range.lowerBound])
        }
        let (low, high) = (first { $0 > -unit }, first { $0 >= unit })
        var result = [candidate(0, low..<max(low, high))]
        for sum in Self.sums(upTo: largest / unit, order) {
            let centre = Double(sum) * unit
            // Distances fall up to the centre and rise behind it; on the other side of 0 they are above 1.
            let begin = first { $0 > 0 && ($0 >= centre || (centre - $0) / $0 <= distance) }
            let end = first { $0 > centre && ($0 - centre) / $0 > distance }
            let mirrored = first { $0 >= -centre || (-centre - $0) / -$0 <= distance }
            let mirroredEnd = first { $0 >= 0 || ($0 > -centre && (centre + $0) / -$0 > distance) }
            result.append(candidate(centre, begin..<max(begin, end)))
            result.insert(candidate(-centre, mirrored..<max(mirrored, mirroredEnd)), at: 0)
        }
        return result
    }

    /// The sums of at most `order` powers 2⁰ … 2^(e − 1) up to a bound, where 2^e is the power at or above it.
    private static func sums(upTo bound: Double, _ order: Int) -> [Int] {
        // Powers end below the bound, so a bound that is a power itself takes two equal terms.
        (1..<Int(bound.rounded(.down)) + 1).filter { sum in
            Double(sum) == bound && sum.nonzeroBitCount == 1 ? order > 1 && sum > 1 : sum.nonzeroBitCount <= order
        }
    }

    /// Gives a candidate what it covers.
    private mutating func take(_ best: Int, _ candidates: inout [Candidate]) {
        let (centre, range) = (candidates[best].centre, candidates[best].range)
        var taken = [0]
        for index in range {
            let isLeft = chosen[index].isNaN
            taken.append(taken[index - range.lowerBound] + (isLeft ? counts[index] : 0))
            if isLeft {
                chosen[index] = centre
                left -= 1
            }
        }
        for other in candidates.indices {
            let shared = candidates[other].range.clamped(to: range)
            guard !shared.isEmpty else { continue }
            candidates[other].count -=
                taken[shared.upperBound - range.lowerBound] - taken[shared.lowerBound - range.lowerBound]
        }
    }

    /// The first value of which a condition holds that, from some value on, holds of all.
    private func first(where holds: (Double) -> Bool) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if holds(values[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// ⌈log₂ x⌉ of a value above 0.
    private static func ceiling(_ value: Double) -> Int {
        Int(value.exponent) + (value.significand == 1 ? 0 : 1)
    }
}
