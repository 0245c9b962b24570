/// Values on a line with weights, sorted and put into at most so many cells, whose sums of squares about any centre are
/// known: what one-dimensional k-means needs.
struct WeightedPoints: Sendable {
    /// Σ weight, Σ weight·x and Σ weight·x² of the cells before each one.
    private(set) var weights: [Double] = [0]
    private(set) var sums: [Double] = [0]
    private(set) var squares: [Double] = [0]

    /// More cells do not change levels by what could be seen, and the search takes time in proportion to them.
    static let cellLimit = 4096

    var count: Int { weights.count - 1 }

    /// The values of a group, each of weight 1: a cell for each distinct one, or `cellLimit` of even width.
    init(_ values: Span<Float>) {
        self.init()
        let (sorted, count) = (values.indices.map { values[$0] }.sorted(), values.count)
        guard let low = sorted.first, let high = sorted.last else { return }
        let distinct = zip(sorted, sorted.dropFirst()).reduce(1) { $0 + ($1.0 < $1.1 ? 1 : 0) }
        guard distinct <= Self.cellLimit else {
            var cells = Cells(low: low, high: high)
            for value in sorted { cells.add(value, weight: 1) }
            append(cells)
            return
        }
        var index = 0
        while index < count {
            let value = sorted[index]
            var last = index
            while last < count, sorted[last] == value { last += 1 }
            append(weight: Double(last - index), mean: Double(value))
            index = last
        }
    }

    /// The values of a group with weights; those of weight 0 do not count.
    init(_ values: Span<Float>, weights: Span<Float>) {
        self.init()
        let order = values.indices.filter { weights[$0] > 0 }.sorted { values[$0] < values[$1] }
        guard let first = order.first, let last = order.last else { return }
        let distinct = zip(order, order.dropFirst()).reduce(1) { $0 + (values[$1.0] < values[$1.1] ? 1 : 0) }
        guard distinct <= Self.cellLimit else {
            var cells = Cells(low: values[first], high: values[last])
            for index in order { cells.add(values[index], weight: Double(weights[index])) }
            append(cells)
            return
        }
        var place = 0
        while place < order.count {
            let value = values[order[place]]
            var weight = 0.0
            while place < order.count, values[order[place]] == value {
                weight += Double(weights[order[place]])
                place += 1
            }
            append(weight: weight, mean: Double(value))
        }
    }

    init(_ cells: Cells) {
        self.init()
        append(cells)
    }

    private init() {}

    private mutating func append(_ cells: Cells) {
        for cell in cells.weights.indices where cells.weights[cell] > 0 {
            append(weight: cells.weights[cell], sum: cells.sums[cell], square: cells.squares[cell])
        }
    }

    private mutating func append(weight: Double, mean: Double) {
        append(weight: weight, sum: weight * mean, square: weight * mean * mean)
    }

    private mutating func append(weight: Double, sum: Double, square: Double) {
        weights.append(weights[weights.count - 1] + weight)
        sums.append(sums[sums.count - 1] + sum)
        squares.append(squares[squares.count - 1] + square)
    }

    /// Σ weight·(x − mean)² of cells from `first` to before `end`.
    @inline(__always)
    func spread(_ first: Int, _ end: Int) -> Double {
        let (weight, sum) = (weights[end] - weights[first], sums[end] - sums[first])
        return max(0, squares[end] - squares[first] - sum * sum / weight)
    }

    func mean(_ first: Int, _ end: Int) -> Double { (sums[end] - sums[first]) / (weights[end] - weights[first]) }

    /// Values counted in cells of even width, so that many of them, in parts, can be added up.
    struct Cells: Sendable {
        private let low: Double
        private let perUnit: Double
        fileprivate(set) var weights = [Double](repeating: 0, count: cellLimit)
        fileprivate(set) var sums = [Double](repeating: 0, count: cellLimit)
        fileprivate(set) var squares = [Double](repeating: 0, count: cellLimit)

        init(low: Float, high: Float) {
            self.low = Double(low)
            perUnit = high > low ? Double(cellLimit) / (Double(high) - Double(low)) : 0
        }

        mutating func add(_ value: Float, weight: Double) {
            let cell = min(max(Int((Double(value) - low) * perUnit), 0), cellLimit - 1)
            weights[cell] += weight
            sums[cell] += weight * Double(value)
            squares[cell] += weight * Double(value) * Double(value)
        }

        mutating func add(_ other: Cells) {
            for cell in weights.indices {
                weights[cell] += other.weights[cell]
                sums[cell] += other.sums[cell]
                squares[cell] += other.squares[cell]
            }
        }
    }
}
