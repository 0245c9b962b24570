internal import Presentation
internal import Records

/// What stopping at a standard error saved: the windows that cells took, of those that they would have taken.
struct Savings {
    /// The standard error of QiD that was asked for, in nats.
    let target: Double
    let used: Int
    let available: Int
    let cells: Int
    /// Cells that used all windows up and still are not known that well, and the largest standard error among them.
    let short: Int
    let largestStderr: Double

    /// Nil where no standard error was asked for, or nothing was measured.
    init?(_ content: ReportContent) {
        guard let target = content.run.qidStderrTarget else { return nil }
        let stopped = content.measurements.filter { $0.scored.stopping != nil }
        guard !stopped.isEmpty else { return nil }
        self.target = target
        used = stopped.reduce(0) { $0 + $1.scored.windows }
        available = stopped.reduce(0) { $0 + ($1.scored.stopping?.availableWindows ?? 0) }
        cells = stopped.count
        let unknown = stopped.filter { ($0.degradation.qidStderr ?? .infinity) > target }
        short = unknown.count
        largestStderr = unknown.compactMap(\.degradation.qidStderr).max() ?? 0
    }

    /// What targets saved in a sentence.
    ///
    /// `QiD is measured to ±0.002 nats with 41 % of the windows.`
    var sentence: String {
        let error = "±\(Figures.significant(target, digits: 3, trimmed: true)) nats"
        let share = "\(Self.percent(used, of: available)) of the windows"
        guard short > 0 else { return "QiD is measured to \(error) (standard error) with \(share)." }
        let reached = "QiD is measured to \(error) (standard error) in \(cells - short) of \(cells) cells with \(share)"
        guard largestStderr > 0 else { return reached + "." }
        return reached + "; in the others, which used all of them, to ±"
            + "\(Figures.significant(largestStderr, digits: 2)) nats or better."
    }

    private static func percent(_ part: Int, of whole: Int) -> String {
        let share = 100 * Double(part) / Double(whole)
        return Figures.fixed(share, decimals: share < 10 ? 1 : 0) + " %"
    }
}
