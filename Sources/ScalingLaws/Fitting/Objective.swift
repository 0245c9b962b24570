/// What a fit minimises, for residuals r of the quantity or of its logarithm.
///
/// - `linear`: ½Σ(r/σ)², r = y − ŷ, σ the measured standard errors where every point has one, else 1.
/// - `log`: ½Σr², r = ln y − ln ŷ; where tokens are known to be rounded, ½Σ(r/σ)² (see `Weighting`).
/// - `huber:δ`, `huber-log:δ`: the mean of ½r² where |r| ≤ δ and δ(|r| − δ/2) beyond, of the same two residuals.
package enum Objective: Sendable, Hashable {
    case linear
    case log
    case huber(delta: Double)
    case huberLog(delta: Double)

    /// Reads `linear`, `log`, `huber:DELTA` or `huber-log:DELTA`.
    package init(_ text: String) throws(ScalingLawsError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let delta = parts.count == 2 ? Double(parts[1]) : nil
        switch (parts.first, delta) {
        case ("linear", nil) where parts.count == 1: self = .linear
        case ("log", nil) where parts.count == 1: self = .log
        case ("huber", let delta?) where delta > 0 && delta.isFinite: self = .huber(delta: delta)
        case ("huber-log", let delta?) where delta > 0 && delta.isFinite: self = .huberLog(delta: delta)
        default: throw .unknownObjective(text)
        }
    }

    /// The text that `init(_:)` reads back.
    package var name: String {
        switch self {
        case .linear: "linear"
        case .log: "log"
        case .huber(let delta): "huber:\(delta)"
        case .huberLog(let delta): "huber-log:\(delta)"
        }
    }

    /// Whether residuals are differences of logarithms.
    package var isLogarithmic: Bool {
        switch self {
        case .linear, .huber: false
        case .log, .huberLog: true
        }
    }

    /// The residual beyond which the loss grows linearly; nil for least squares.
    package var delta: Double? {
        switch self {
        case .linear, .log: nil
        case .huber(let delta), .huberLog(let delta): delta
        }
    }
}
