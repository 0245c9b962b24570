import RealModule

extension LossModel {
    /// Where a function of one variable changes sign, by the best parameters.
    enum SignChange {
        /// With whether the function is negative below.
        case at(Estimate, isNegativeBelow: Bool)
        /// Not in the range searched.
        case never(isNegative: Bool)
    }

    /// So many draws are asked; percentiles are known well enough from them.
    static let mostDraws = 1000

    /// The first x in the range, from below, at which a function changes sign by the best parameters, with percentiles
    /// of where it does by the draws, as much further away as `widening` says for that x (see `Interval`).
    ///
    /// A draw whose function has one sign throughout has its answer at 0 or infinity, where the ends are without draws.
    ///
    /// The function gives one row of values for each set of parameters.
    func change(
        over range: ClosedRange<Double>,
        _ function: ([Double], Draws) throws(ScalingLawsError) -> [[Double]],
        widening: (Double) throws(ScalingLawsError) -> Double
    ) throws(ScalingLawsError) -> SignChange {
        var grid = LogGrid(range)
        var first: Crossing?
        for _ in 0..<6 {
            let found = Crossing(try function(grid.places, .best).first ?? [], grid)
            guard let cell = found.cell else { return .never(isNegative: found.isNegativeBelow) }
            first = first ?? found
            grid = grid.zoomed(into: cell...cell)
        }
        let value = grid.middle
        let isNegativeBelow = first?.isNegativeBelow ?? false
        var estimate = Estimate(value: value, low: 0, high: .infinity)
        let answers = try answers(over: range, isNegativeBelow, function)
        if answers.count >= 20 {
            let wider = try widening(value)
            let low = min(Interval.quantile(answers, Interval.tail), value)
            let high = max(Interval.quantile(answers, 1 - Interval.tail), value)
            estimate.low = value * .pow(low / value, wider)
            estimate.high = value * .pow(high / value, wider)
        }
        return .at(estimate, isNegativeBelow: isNegativeBelow)
    }

    /// The draws' answers, sorted: by a coarse scan, then by a fine one of the cells in which most of them lie.
    private func answers(
        over range: ClosedRange<Double>, _ isNegativeBelow: Bool,
        _ function: ([Double], Draws) throws(ScalingLawsError) -> [[Double]]
    ) throws(ScalingLawsError) -> [Double] {
        let draws = Draws.first(Self.mostDraws)
        let coarse = LogGrid(range)
        let rough = try function(coarse.places, draws).map { Crossing($0, coarse) }
        let cells = rough.compactMap(\.cell).sorted()
        guard !cells.isEmpty else { return [] }
        let fine = coarse.zoomed(into: cells[cells.count / 100]...cells[cells.count - 1 - cells.count / 100])
        let exact = try function(fine.places, draws).map { Crossing($0, fine) }
        return zip(rough, exact).map { rough, exact in
            exact.place ?? rough.place ?? (rough.isNegativeBelow == isNegativeBelow ? .infinity : 0)
        }.sorted()
    }
}

/// Places evenly spread in the logarithm.
private struct LogGrid {
    private let low: Double
    private let high: Double
    private static let cells = 64

    init(_ range: ClosedRange<Double>) { (low, high) = (.log(range.lowerBound), .log(range.upperBound)) }

    private init(low: Double, high: Double) { (self.low, self.high) = (low, high) }

    var places: [Double] { (0...Self.cells).map { .exp(self[Double($0)]) } }
    var middle: Double { .exp((low + high) / 2) }

    /// The logarithm at a place counted in cells.
    subscript(cells: Double) -> Double { low + (high - low) * cells / Double(Self.cells) }

    func zoomed(into cells: ClosedRange<Int>) -> LogGrid {
        LogGrid(low: self[Double(cells.lowerBound)], high: self[Double(cells.upperBound + 1)])
    }
}

/// The first change of sign of a function known on a grid.
private struct Crossing {
    /// The cell in which it lies, and where in it by a straight line; nil where there is none.
    let cell: Int?
    let place: Double?
    let isNegativeBelow: Bool

    init(_ values: [Double], _ grid: LogGrid) {
        let found = values.indices.dropLast().first { index in
            values[index].isFinite && values[index + 1].isFinite && (values[index] < 0) != (values[index + 1] < 0)
        }
        cell = found
        guard let found else {
            place = nil
            isNegativeBelow = (values.first { $0.isFinite && $0 != 0 } ?? 0) < 0
            return
        }
        let (below, above) = (values[found], values[found + 1])
        place = .exp(grid[Double(found) + below / (below - above)])
        isNegativeBelow = below < 0
    }
}
