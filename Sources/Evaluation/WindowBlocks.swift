import Mathematics

/// Windows grouped by where they stand in the shard, for the errors of means over them.
///
/// Neighbouring windows share documents, so that their values go together. Windows are grouped into blocks of
/// ``tokens`` tokens of the shard, shorter ones where fewer than ``least`` blocks would come out. With deviations
/// u_g = Σ (xᵢ − x̄) over each of G blocks, the mean of n windows has the variance G/(G − 1)·Σu_g²/n² (a cluster-robust
/// variance; Cochran, Sampling Techniques, ch. 9). The standard error given is its root times t/1.96, t the 97.5 %
/// quantile of Student's distribution with G − 1 degrees of freedom, so that ±1.96 of it hold the mean 95 times of 100
/// for few blocks too.
package struct WindowBlocks: Sendable {
    /// Tokens of the shard in a block.
    package static let tokens = 4096
    /// Blocks that are made of enough windows.
    package static let least = 8

    /// The block of each window, from 0.
    private let block: [Int]
    private let blockCount: Int

    /// The blocks of the windows at these places of a shard that is cut into windows of `context` tokens.
    package init(places: [Int], context: Int, tokens: Int = Self.tokens) {
        self.init(offsets: places.map { $0 * context }, unit: context, tokens: tokens)
    }

    /// The blocks of windows that belong to these tokens of the shard, multiples of `unit`; there is at least one.
    ///
    /// Windows of one offset are never parted.
    package init(offsets: [Int], unit: Int, tokens: Int = Self.tokens) {
        let places = offsets.map { $0 / unit }
        let most = min(Self.least, Set(places).count)
        var length = max(1, tokens / unit)
        var numbers = Self.numbers(places, length)
        while numbers.count < most {
            length = max(1, length / 2)
            numbers = Self.numbers(places, length)
        }
        block = places.map { numbers[$0 / length] ?? 0 }
        blockCount = numbers.count
    }

    private static func numbers(_ places: [Int], _ length: Int) -> [Int: Int] {
        var numbers: [Int: Int] = [:]
        for place in places where numbers[place / length] == nil { numbers[place / length] = numbers.count }
        return numbers
    }

    /// The standard error of the mean of values, one for each window; nil for a single block.
    ///
    /// A window counts by its weight wᵢ where windows differ in length: u_g = Σ wᵢ(xᵢ − x̄), and Σ w stands for n.
    package func standardError(ofMean values: [Double], weights: [Double]? = nil) -> Double? {
        precondition(values.count == block.count)
        guard blockCount > 1 else { return nil }
        let weights = weights ?? [Double](repeating: 1, count: values.count)
        let count = weights.reduce(0, +)
        let mean = zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / count
        var sums = [Double](repeating: 0, count: blockCount)
        for (index, number) in block.enumerated() { sums[number] += weights[index] * (values[index] - mean) }
        let blocks = Double(blockCount)
        let variance = sums.reduce(0) { $0 + $1 * $1 } * blocks / (blocks - 1) / (count * count)
        let t = StudentT.quantile(0.975, degrees: blocks - 1) / Normal.quantile(0.975)
        return variance.squareRoot() * t
    }
}
