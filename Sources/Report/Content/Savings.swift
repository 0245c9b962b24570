internal import Evaluation
internal import Presentation
internal import Records

/// What stopping at a precision saved: the windows that cells took, of those that they would have taken.
struct Savings {
    let target: PrecisionTarget
    let used: Int
    let available: Int
    let cells: Int
    /// Cells that used all windows up and still are not known that well.
    let short: Int
    /// What the least known of these is known to: its error of QiD in nats, or of KL over KL where only that was asked for.
    let largestError: Double

    /// Nil where no precision was asked for, or nothing was measured.
    init?(_ content: ReportContent) {
        guard let target = content.run.target else { return nil }
        let stopped = content.measurements.filter { $0.scored.stopping != nil }
        guard !stopped.isEmpty else { return nil }
        self.target = target
        used = stopped.reduce(0) { $0 + $1.scored.windows }
        available = stopped.reduce(0) { $0 + ($1.scored.stopping?.availableWindows ?? 0) }
        cells = stopped.count
        let unknown = stopped.filter { cell in
            let found = cell.degradation
            return !target.isReached(qidStderr: found.qidStderr, kl: found.kl, klStderr: found.klStderr)
        }
        short = unknown.count
        let errors = unknown.compactMap { cell in
            let found = cell.degradation
            return target.qidStderr == nil ? found.klStderr.map { $0 / found.kl } : found.qidStderr
        }
        largestError = errors.max() ?? 0
    }

    /// What targets saved in a sentence.
    ///
    /// `QiD is measured to ±0.002 nats with 41 % of the windows.`
    var sentence: String {
        let share = "\(Self.percent(used, of: available)) of the windows"
        guard short > 0 else { return "\(Self.words(target)) (standard error) with \(share)." }
        let reached = "\(Self.words(target)) (standard error) in \(cells - short) of \(cells) cells with \(share)"
        guard largestError > 0 else { return reached + "." }
        let worst =
            target.qidStderr == nil
            ? Self.hundredths(largestError) : Figures.significant(largestError, digits: 2) + " nats"
        return reached + "; in the others, which used all of them, to ±\(worst) or better."
    }

    /// `QiD is measured to ±0.002 nats and KL to ±5 %`.
    private static func words(_ target: PrecisionTarget) -> String {
        let qid = target.qidStderr.map { "±\(Figures.significant($0, digits: 3, trimmed: true)) nats" }
        let kl = target.klError.map { "±" + hundredths($0) }
        switch (qid, kl) {
        case (let qid?, let kl?): return "QiD is measured to \(qid) and KL to \(kl)"
        case (nil, let kl?): return "KL is measured to \(kl)"
        case (let qid, nil): return "QiD is measured to \(qid ?? "")"
        }
    }

    private static func hundredths(_ share: Double) -> String {
        Figures.significant(share * 100, digits: 3, trimmed: true) + " %"
    }

    private static func percent(_ part: Int, of whole: Int) -> String {
        let share = 100 * Double(part) / Double(whole)
        return Figures.fixed(share, decimals: share < 10 ? 1 : 0) + " %"
    }
}
