/// A law fitted to points: the parameters, how well they are known, and what the data cannot tell.
package struct Fit: Sendable, Equatable {
    package var law: Law
    package var objective: Objective
    /// Residuals were divided by the measured standard errors.
    package var isWeighted: Bool
    /// The points used.
    package var n: Int
    /// The groups of points that were resampled together, and what they are.
    package var clusters: Int
    package var clusterUnit: ClusterUnit
    /// The phase of the learning rate that the points used are of; nil where they are of several, or nobody said.
    package var phase: LearningRatePhase?
    /// How measurements lie about the law; nil where a value has no logarithm or too few points are left to tell.
    package var scatter: Scatter?
    /// What no degradation can exceed: the most that any used point's 16-bit model is better than chance, or for losses
    /// the loss at chance; nil where chance is not known.
    package var ceiling: Double?
    /// The points not used, each with the reason.
    package var leftOut: [LeftOut]
    package var parameters: [FittedParameter]
    /// Correlation of the estimates in the order of `parameters`; 0 with a parameter held fixed.
    package var correlation: [[Double]]
    /// The objective at the optimum, as `Objective` defines it.
    package var objectiveValue: Double
    /// 1 − Σr²/Σ(y − ȳ)² of the points used; in the space of the objective's residuals, which `r2IsLogarithmic` says.
    package var r2: Double
    package var r2IsLogarithmic: Bool
    /// Akaike's criterion corrected for few points; comparable between laws fitted to the same points and quantity.
    package var aicc: Double
    /// Schwarz's criterion, comparable in the same way.
    package var bic: Double
    /// How many minimisations were started from different places, and how many of them reached the best objective.
    package var starts: Int
    package var startsAtBest: Int
    package var heldOut: [HeldOut]
    package var warnings: [FitWarning]
    /// Every used point with what the law says there.
    package var residuals: [Residual]
    /// Parameter values of the bootstrap refits, each in the order of `parameters`.
    package var draws: [[Double]]
    /// How the clusters move the fit, for the degrees of freedom of intervals; nil where none can be given.
    package var influence: Influence?
    /// The scheme with eff 1, where the law has one eff per scheme.
    package var referenceScheme: String?
}

extension Fit {
    /// What goes together when points are resampled (see `Clusters`).
    package enum ClusterUnit: String, Sendable, Equatable {
        case runs, neighbours, checkpoints, points
    }
}

/// One estimated number with its 95 % interval.
package struct FittedParameter: Sendable, Equatable {
    /// `alpha`, or `alpha.4` and `eff.<scheme>` where there is one per level.
    package var name: String
    package var symbol: String
    package var unit: String
    package var value: Double
    /// The 95 % interval: from the profile of the objective, scaled by the spread among checkpoints (`Profile`), or by
    /// the delta method where none was asked for.
    ///
    /// Equal to `value` where the parameter is held fixed; an end may be infinite.
    package var low: Double
    package var high: Double
    /// The 95 % interval from the profile of the objective for independent and equally noisy residuals, where it was
    /// asked for; an end may be infinite.
    package var profile: ClosedRange<Double>?
    /// The standard error by the delta method: curvature of the objective times the residual variance.
    package var standardError: Double
    /// The value is the lower or the upper bound.
    package var atBound: Bool
    /// The data hold this parameter: it is off its bounds and its interval is bounded.
    package var identified: Bool
    /// Not estimated: the points do not vary in what would show it.
    package var isFixed: Bool
    package var published: Double?
}

/// A point that a fit did not use.
package struct LeftOut: Sendable, Equatable {
    /// The place in the points given, from 0.
    package var index: Int
    package var point: Point
    /// Why, as a clause: `qid -0.003 has no logarithm`.
    package var reason: String
}

extension Fit {
    /// The points that it did not use, those of one reason together, in the order of their first ones.
    package var leftOutByReason: [(reason: String, points: [LeftOut])] {
        let groups = Dictionary(grouping: leftOut, by: \.reason)
        return groups.map { ($0.key, $0.value) }.sorted { $0.points[0].index < $1.points[0].index }
    }
}

/// A used point, what was measured and what the law says.
package struct Residual: Sendable, Equatable {
    /// The place in the points given, from 0.
    package var index: Int
    package var point: Point
    package var measured: Double
    package var predicted: Double
    /// The residual in the objective's space over its robust spread; beyond ±4 is an outlier.
    package var standardized: Double
}

/// How a law fitted to part of the points predicts the rest.
package struct HeldOut: Sendable, Equatable {
    /// What was left out: `params = 1.2e10`, `tokens > 3e10`, `bits = 2`, `each of 9 methods in turn`.
    package var what: String
    /// `largest-model`, `last-decade`, `bits` or `methods`.
    package var kind: Kind
    package var points: Int
    /// Root mean square of predicted − measured, nats.
    package var rmse: Double
    /// Root mean square of ln(predicted/measured) over the points above their noise; nil where there is none.
    package var rmsLogError: Double?
    /// Geometric mean of predicted/measured over the same points: above 1 the law says too much.
    package var meanRatio: Double?
    /// The points that these two leave out: measured at or below 0, or below their own standard error.
    package var belowNoise = 0
    /// How many of the points lie in the 95 % predictive interval that the fit without them gives; nil where it gives
    /// none.
    package var inside: Int?
    /// Why the rest says nothing about these points, a clause; nil where it does.
    package var obstacle: String?
    /// The parameters fitted without them, in the fit's order; empty where there is no such fit.
    package var parameters: [Double]

    package enum Kind: String, Sendable, Equatable {
        case largestModel = "largest-model"
        case lastDecade = "last-decade"
        case bits
        case methods
    }
}

/// Something the data cannot tell or that spoils the fit, with what to do about it.
package struct FitWarning: Sendable, Equatable {
    package var kind: Kind
    /// What was seen, one sentence.
    package var finding: String
    /// What to do about it, one sentence.
    package var advice: String

    package var text: String { finding + " " + advice }

    package enum Kind: String, Sendable, Equatable, CaseIterable {
        case leftOut = "left-out"
        case belowNoise = "below-noise"
        case fewSizes = "few-sizes"
        case narrowTokens = "narrow-tokens"
        case atBound = "at-bound"
        case notIdentified = "not-identified"
        case heldFixed = "held-fixed"
        case singleOptimum = "single-optimum"
        case fewClusters = "few-clusters"
        case notConverged = "not-converged"
        case mixedPhases = "mixed-phases"
        case confoundedPhase = "confounded-phase"
        case confoundedRuns = "confounded-runs"
        case saturated
        case mixedFamilies = "mixed-families"
        case nearChance = "near-chance"
        case twoBitRegime = "two-bit-regime"
        case outlier
        case unweighted
        case poorFit = "poor-fit"
        case heldOut = "held-out"
        case extrapolation
    }
}

/// What a fitted law says at one place, with its 95 % interval.
package struct Prediction: Sendable, Equatable {
    package var at: Conditions
    package var value: Double
    package var low: Double
    package var high: Double
    /// The 95 % interval of a new measurement there, of another run: the law's and the scatter of measurements about it.
    package var predictive: ClosedRange<Double>?
    /// Factors beyond the data: 1 inside the convex hull of those of (ln N, ln D, P) that the law uses; 10 means ten
    /// times the N or D of its nearest edge.
    package var beyondHull: Double
    package var warnings: [FitWarning]
}
