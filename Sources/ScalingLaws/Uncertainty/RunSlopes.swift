import RealModule

/// How runs part from a law as training goes on: each has a slope of its own by ln D, beside the constant that `Scatter` has.
///
/// Estimated from the means of checkpoints' residuals, as errors that the specs of a checkpoint share are no slope: with
/// W the mean square about each run's line and B that of the R slopes b, Σ b²·S/(R − 1), where S is a run's sum of squares
/// of ln D about its mean, the variance of slopes is max(0, B − W)/S̄.
package struct RunSlopes: Sendable, Equatable {
    /// The variance of slopes between runs.
    package var variance: Double
    /// The degrees of freedom that it is known from.
    package var degrees: Double
    /// ln D amid the runs' checkpoints, and its mean square about a run's own mean.
    var center: Double
    var spread: Double

    /// Nil where fewer than three runs have three checkpoints, or where no slopes show.
    init?(residuals: [Double], runs: [Int], tokens: [Double]) {
        var checkpoints: [Int: [Double: (sum: Double, count: Double)]] = [:]
        for ((residual, run), tokens) in zip(zip(residuals, runs), tokens) where tokens > 0 {
            let one = checkpoints[run]?[tokens] ?? (0, 0)
            checkpoints[run, default: [:]][tokens] = (one.sum + residual, one.count + 1)
        }
        let lines = checkpoints.sorted { $0.key < $1.key }.map { Line($0.value.sorted { $0.key < $1.key }) }
            .filter { $0.count > 2 }
        guard lines.count > 2 else { return nil }
        func sum(_ of: (Line) -> Double) -> Double { lines.reduce(0) { $0 + of($1) } }
        degrees = Double(lines.count - 1)
        let within = sum(\.error) / sum { $0.count - 2 }
        let between = sum { $0.slope * $0.slope * $0.square } / degrees
        variance = max(between - within, 0) * Double(lines.count) / sum(\.square)
        center = sum { $0.mean * $0.count } / sum(\.count)
        spread = sum(\.square) / sum(\.count)
        guard variance > 0 else { return nil }
    }

    /// What slopes add at D to the variance that measurements have amid the data.
    func variance(at tokens: Double) -> Double {
        let distance = Double.log(tokens) - center
        return variance * max(distance * distance - spread, 0)
    }

    /// The least squares line of a run's mean residuals by ln D.
    private struct Line {
        let count: Double
        let mean: Double
        let slope: Double
        /// The sum of squares of ln D about its mean, and of residuals about the line.
        let square: Double
        let error: Double

        init(_ checkpoints: [(key: Double, value: (sum: Double, count: Double))]) {
            let x = checkpoints.map { Double.log($0.key) }
            let y = checkpoints.map { $0.value.sum / $0.value.count }
            count = Double(x.count)
            let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
            func product(_ a: [Double], _ meanA: Double, _ b: [Double], _ meanB: Double) -> Double {
                zip(a, b).reduce(0) { $0 + ($1.0 - meanA) * ($1.1 - meanB) }
            }
            (mean, square) = (meanX, product(x, meanX, x, meanX))
            slope = square > 0 ? product(x, meanX, y, meanY) / square : 0
            error = product(y, meanY, y, meanY) - slope * slope * square
        }
    }
}
