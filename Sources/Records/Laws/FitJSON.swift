package import JSON
package import ScalingLaws

extension JSONValue {
    /// A fit as `qid-fit --json` prints it and reports hold it.
    ///
    ///     {"law", "formula", "objective": {"name", "value"}, "n", "left_out": [{"index", "reason"}],
    ///      "parameters": {"alpha": {"value", "low", "high", "at_bound", "identified", "fixed", "unit", "published"}, …},
    ///      "r2", "r2_space": "log" | "linear", "aicc", "bic", "starts", "starts_at_best", "clusters",
    ///      "clustered_by": "runs" | "neighbours" | "checkpoints" | "points", "phase", "scatter", "scatter_degrees",
    ///      "run_scatter",
    ///      "held_out": [{"what", "kind", "points", "rmse", "rms_log_error", "mean_ratio", "below_noise", "inside", "obstacle"}],
    ///      "warnings": [{"kind", "finding", "advice"}]}
    ///
    /// Intervals are of 95 %; what is not finite is null.
    package init(_ fit: Fit) {
        let parameters = fit.parameters.map { parameter in
            JSONObject.Member(
                key: parameter.name,
                value: [
                    "value": .finite(parameter.value), "low": .finite(parameter.low), "high": .finite(parameter.high),
                    "at_bound": .bool(parameter.atBound), "identified": .bool(parameter.identified),
                    "fixed": .bool(parameter.isFixed), "unit": .string(parameter.unit),
                    "published": .finite(PublishedValues.value(parameter, of: fit.law)),
                ])
        }
        self = [
            "law": .string(fit.law.name), "formula": .string(fit.law.display),
            "objective": ["name": .string(fit.objective.name), "value": .finite(fit.objectiveValue)],
            "n": .integer(fit.n),
            "left_out": .array(fit.leftOut.map { ["index": .integer($0.index), "reason": .string($0.reason)] }),
            "parameters": .object(JSONObject(parameters)), "r2": .finite(fit.r2),
            "r2_space": .string(fit.r2IsLogarithmic ? "log" : "linear"), "aicc": .finite(fit.aicc),
            "bic": .finite(fit.bic), "starts": .integer(fit.starts), "starts_at_best": .integer(fit.startsAtBest),
            "clusters": .integer(fit.clusters), "clustered_by": .string(fit.clusterUnit.rawValue),
            "phase": .string(orNull: fit.phase?.rawValue), "scatter": .finite(fit.scatter?.deviation),
            "scatter_degrees": .finite(fit.scatter?.degrees),
            "run_scatter": .finite(fit.scatter?.runVariance.squareRoot()),
            "held_out": .array(fit.heldOut.map(JSONValue.init)),
            "warnings": .array(fit.warnings.map(JSONValue.init)),
        ]
    }

    private init(_ heldOut: HeldOut) {
        self = [
            "what": .string(heldOut.what), "kind": .string(heldOut.kind.rawValue), "points": .integer(heldOut.points),
            "rmse": .finite(heldOut.rmse), "rms_log_error": .finite(heldOut.rmsLogError),
            "mean_ratio": .finite(heldOut.meanRatio), "below_noise": .integer(heldOut.belowNoise),
            "inside": .integer(orNull: heldOut.inside),
            "obstacle": .string(orNull: heldOut.obstacle),
        ]
    }

    /// How phases compare: `{"law", "sizes", "runs", "ratios": [{"tokens", "checkpoints", "ratio", "low", "high"}], "fits"}`,
    /// the ratio that of annealed checkpoints to those at a constant rate.
    package init(_ comparison: PhaseComparison) {
        self = [
            "law": .string(comparison.law.formula), "sizes": .array(comparison.sizes.map { .finite($0) }),
            "runs": .integer(comparison.runs),
            "ratios": .array(
                comparison.ratios.map { one in
                    [
                        "tokens": .finite(one.tokens), "checkpoints": .integer(one.checkpoints),
                        "ratio": .finite(one.ratio.value), "low": .finite(one.ratio.low),
                        "high": .finite(one.ratio.high),
                    ]
                }),
            "fits": .array(comparison.fits.map { JSONValue($0) }),
        ]
    }

    /// Which count of size: `{"chosen", "candidates": [{"measure", "law", "error"}], "foretold": {"measure", "held_out"}}`;
    /// errors are root mean squares of ln(predicted/measured) over sizes held out.
    package init(_ choice: SizeChoice) {
        self = [
            "chosen": .string(orNull: choice.chosen?.measure.rawValue),
            "candidates": .array(
                choice.candidates.map {
                    [
                        "measure": .string($0.measure.rawValue), "law": .string($0.law.name),
                        "error": .finite($0.error),
                    ]
                }),
            "foretold": choice.foretold.map {
                ["measure": .string($0.measure.rawValue), "held_out": JSONValue($0.heldOut)]
            } ?? .null,
        ]
    }

    private init(_ warning: FitWarning) {
        self = [
            "kind": .string(warning.kind.rawValue), "finding": .string(warning.finding),
            "advice": .string(warning.advice),
        ]
    }

    /// A prediction: `{"params", "tokens", "bits", "value", "low", "high", "predictive_low", "predictive_high",
    /// "beyond_hull", "warnings"}`; the predictive interval is of a new measurement there.
    package init(_ prediction: Prediction) {
        self = [
            "params": .finite(prediction.at.params), "tokens": .finite(prediction.at.tokens),
            "bits": .finite(prediction.at.bits), "value": .finite(prediction.value), "low": .finite(prediction.low),
            "high": .finite(prediction.high), "predictive_low": .finite(prediction.predictive?.lowerBound),
            "predictive_high": .finite(prediction.predictive?.upperBound),
            "beyond_hull": .finite(prediction.beyondHull),
            "warnings": .array(prediction.warnings.map(JSONValue.init)),
        ]
    }

    /// A training level: `{"threshold", "params", "bits", "tokens", "low", "high", "beyond_hull"}`; tokens are null where
    /// the threshold is never reached, `high` where it may not be.
    package init(_ level: TrainingLevel) {
        self = [
            "threshold": .finite(level.threshold), "params": .finite(level.at.params), "bits": .finite(level.at.bits),
            "tokens": .finite(level.tokens?.value), "low": .finite(level.tokens?.low),
            "high": .finite(level.tokens?.high), "beyond_hull": .finite(level.beyondHull),
        ]
    }

    /// Critical tokens: `{"params", "bits", "tokens", "low", "high", "beyond_hull", "always_falls"}`; without an answer
    /// tokens are null and `always_falls` says whether more training always helps.
    package init(_ critical: CriticalTokens) {
        self = [
            "params": .finite(critical.at.params), "bits": .finite(critical.at.bits),
            "tokens": .finite(critical.tokens?.value), "low": .finite(critical.tokens?.low),
            "high": .finite(critical.tokens?.high), "beyond_hull": .finite(critical.beyondHull),
            "always_falls": .bool(critical.alwaysFalls),
        ]
    }

    /// A size of equal loss in equal memory: `{"tokens", "bits", "bits_per_weight", "params", "low", "high", "beyond_hull",
    /// "better_below", "better_above"}`; `params` is N of the 16-bit model, null if one form is better at every size;
    /// the better forms are `compressed` or `16-bit`.
    package init(_ breakEven: BreakEven) {
        func form(_ isCompressed: Bool) -> JSONValue { .string(isCompressed ? "compressed" : "16-bit") }
        self = [
            "tokens": .finite(breakEven.at.tokens), "bits": .finite(breakEven.at.bits),
            "bits_per_weight": .finite(breakEven.bitsPerWeight), "params": .finite(breakEven.size?.value),
            "low": .finite(breakEven.size?.low), "high": .finite(breakEven.size?.high),
            "beyond_hull": .finite(breakEven.beyondHull), "better_below": form(breakEven.isCompressedBetterBelow),
            "better_above": form(breakEven.isCompressedBetterAbove),
        ]
    }

    /// A law among others: `{"law", "n", "aicc", "excess_aicc", "bic", "held_out_error", "failure"}`; the error is the root
    /// mean square of ln(predicted/measured) over the points held out.
    package init(_ ranked: RankedLaw) {
        let fit = try? ranked.outcome.get()
        var failure: JSONValue = .null
        if case .failure(let error) = ranked.outcome { failure = .string(error.description) }
        self = [
            "law": .string(ranked.law.name), "n": fit.map { .integer($0.n) } ?? .null, "aicc": .finite(fit?.aicc),
            "excess_aicc": .finite(ranked.excessAICc), "bic": .finite(fit?.bic),
            "held_out_error": .finite(ranked.heldOutError), "failure": failure,
        ]
    }

    /// A number, whole if it is; null where there is none or it is not finite.
    package static func finite(_ value: Double?) -> JSONValue {
        guard let value, value.isFinite else { return .null }
        if value.magnitude < 1e15, let whole = Int(exactly: value) { return .integer(whole) }
        return .number(value)
    }
}
