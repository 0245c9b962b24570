import Presentation
import RealModule

/// What spoils a fit or what its points cannot tell, each finding with what to do about it.
struct Checks {
    let fit: Fit
    let optimum: Optimum

    private var points: [Point] { optimum.usable }

    var warnings: [FitWarning] {
        [
            leftOut, belowNoise, unweighted, fewSizes, narrowTokens, fewClusters, confoundedRuns, mixedPhases,
            confoundedPhase, mixedFamilies,
            nearChance,
            twoBitRegime, outliers, notConverged, singleOptimum, poorFit, heldOut,
        ].compactMap { $0 } + fit.parameters.compactMap { warning(about: $0) }
    }

    private var leftOut: FitWarning? {
        guard !fit.leftOut.isEmpty else { return nil }
        let groups = fit.leftOutByReason
        let shown = groups.prefix(3).map { "\(names($0.points.map(\.point))): \($0.reason)" }.joined(separator: "; ")
        let more = groups.count > 3 ? "; and more" : ""
        let isBiased = fit.leftOut.contains { $0.reason.hasSuffix("has no logarithm") }
        return FitWarning(
            kind: .leftOut,
            finding: "\(fit.leftOut.count) of \(optimum.all.count) points are left out "
                + "(\(shown)\(more)).",
            advice: isBiased
                ? "Leaving out what is at or below 0 makes \(symbol) look larger; use the linear objective with errors."
                : "Check that they are meant to be left out.")
    }

    private var belowNoise: FitWarning? {
        let noisy = points.filter { point in
            let quantity = optimum.law.quantity
            guard let value = point.measured(quantity), quantity.isDegradation else { return false }
            return value <= (point.standardError(of: quantity) ?? 0)
        }
        guard !noisy.isEmpty else { return nil }
        let shown = names(noisy)
        return FitWarning(
            kind: .belowNoise,
            finding:
                "\(Self.count(noisy.count, "has", "have")) a \(symbol) below its standard error or negative (\(shown)).",
            advice: fit.objective.isLogarithmic
                ? "Their logarithms are noise; use the linear objective, or evaluate them on more windows."
                : "They are kept, weighted by their errors; evaluate them on more windows to learn from them.")
    }

    private var unweighted: FitWarning? {
        guard optimum.law.quantity.isDegradation, fit.objective == .linear, !fit.isWeighted else { return nil }
        return FitWarning(
            kind: .unweighted, finding: "The linear objective has no standard errors to weight by.",
            advice:
                "Large \(symbol) decides the fit alone; give \(optimum.law.quantity.rawValue)_stderr for every point, or use the log "
                + "objective.")
    }

    private var fewSizes: FitWarning? {
        let sizes = Set(points.map(\.conditions.params)).count
        guard optimum.formula.expression.variables.contains(.params), sizes < 3 else { return nil }
        return FitWarning(
            kind: .fewSizes, finding: "The points have \(sizes == 1 ? "one model size" : "\(sizes) model sizes") only.",
            advice: "An exponent of N needs three sizes or more to be checked; add sizes before extrapolating in N.")
    }

    private var narrowTokens: FitWarning? {
        let tokens = points.map(\.conditions.tokens)
        guard let low = tokens.min(), let high = tokens.max(), high < 10 * low,
            optimum.formula.expression.variables.contains(.tokens)
        else { return nil }
        return FitWarning(
            kind: .narrowTokens,
            finding: "The points span a factor of \(Figures.compact(high / low)) in training tokens.",
            advice: "An exponent of D needs a decade or more; add earlier or later checkpoints.")
    }

    private var fewClusters: FitWarning? {
        let free = optimum.coordinates.free.count
        if optimum.checkpointCount <= 2, optimum.law.quantity.isDegradation {
            return FitWarning(
                kind: .fewClusters, finding: "\(optimum.checkpointCount) checkpoints carry \(free) free parameters.",
                advice: "So few have no intervals; add checkpoints rather than more specs of the same ones.")
        }
        guard optimum.checkpointCount - free < 5 else { return nil }
        return FitWarning(
            kind: .fewClusters, finding: "\(optimum.checkpointCount) checkpoints carry \(free) free parameters.",
            advice: "Intervals from so few are rough; add checkpoints rather than more specs of the same ones.")
    }

    /// Where each size is of one run, what a run has by chance counts as an effect of N.
    private var confoundedRuns: FitWarning? {
        let runs = Set(points.compactMap { Clusters.Run($0, optimum.law.quantity) })
        guard optimum.law.quantity.isDegradation, !runs.isEmpty, runs.count < 6 || fit.clusterUnit != .runs else {
            return nil
        }
        let sizes = Set(points.map(\.conditions.params)).count
        let count = runs.count == 1 ? "1 run" : "\(runs.count) runs"
        guard fit.clusterUnit == .runs else {
            return FitWarning(
                kind: .confoundedRuns, finding: "The points are of \(count).",
                advice:
                    "Intervals are of \(runs.count == 1 ? "this run" : "these runs") alone: another would differ by a "
                    + "constant of its own. Add runs.")
        }
        return FitWarning(
            kind: .confoundedRuns,
            finding: sizes == runs.count ? "N is confounded with run: \(count)." : "The points are of \(count).",
            advice:
                "Runs differ by a constant and a slope of their own; intervals allow for that as far as so few runs "
                + "tell. Add seeds or sizes.")
    }

    /// Whether the learning rate falls as D grows, so that an exponent of D holds its effect too.
    private var confoundedPhase: FitWarning? {
        let all = optimum.all
        let falls = points.contains { $0.phase == .decay }
        let ends = Set(all.filter { $0.phase == .annealed }.map(\.conditions.params))
        let isCosine = !falls && points.contains { $0.phase == .unannealed && ends.contains($0.conditions.params) }
        guard falls || isCosine, optimum.formula.expression.variables.contains(.tokens),
            Set(points.map(\.conditions.tokens)).count > 1
        else { return nil }
        let error = fit.heldOut.first { $0.kind == .largestModel }?.rmsLogError
        let measure =
            error.map { "; held out, the largest model is off by a factor of \(Figures.compact(.exp($0)))" } ?? ""
        return FitWarning(
            kind: .confoundedPhase,
            finding: "The learning rate changes with D in these runs, so that D and phase are confounded\(measure).",
            advice: "An exponent of D holds the phase's effect too; compare with checkpoints of a constant rate, which "
                + "one law predicts better.")
    }

    /// What the law predicts, as people write it.
    private var symbol: String { optimum.law.quantity.symbol }

    private var mixedPhases: FitWarning? {
        let phases = Set(points.map(\.phase))
        guard phases.contains(.annealed), phases.contains(.unannealed) else { return nil }
        let annealed = points.count { $0.phase == .annealed }
        return FitWarning(
            kind: .mixedPhases,
            finding: "\(annealed) points come from annealed checkpoints and \(points.count - annealed) do not.",
            advice: "Damage jumps when the learning rate decays, whatever D is (2510.06213); fit the phases separately."
        )
    }

    private var mixedFamilies: FitWarning? {
        let families = Set(points.compactMap(\.family)).sorted()
        guard families.count > 1 else { return nil }
        return FitWarning(
            kind: .mixedFamilies,
            finding: "The points come from \(families.count) families: \(families.joined(separator: ", ")).",
            advice: "Families differ in data and recipe; fit each alone and compare before joining them.")
    }

    /// Half of the way from the 16-bit loss to chance, or a loss within a tenth of chance.
    private var nearChance: FitWarning? {
        let collapsed = points.filter { point in
            guard let chance = point.lossAtChance, let loss = point.loss,
                optimum.law.quantity.isDegradation || Self.isLow(point)
            else { return false }
            return loss >= 0.9 * chance || point.baselineLoss.map { loss - $0 >= (chance - $0) / 2 } ?? false
        }
        guard !collapsed.isEmpty else { return nil }
        let shown = names(collapsed)
        return FitWarning(
            kind: .nearChance,
            finding: "\(Self.count(collapsed.count, "has", "have")) a loss near that of guessing (\(shown)).",
            advice: "A collapsed model follows no law of small noise; leave such points out or fit them apart.")
    }

    private static func isLow(_ point: Point) -> Bool { (point.conditions.bits ?? 16) <= 2 }

    private var outliers: FitWarning? {
        let far = fit.residuals.filter { abs($0.standardized) > 5 }
        guard !far.isEmpty, far.count * 5 < fit.n else { return nil }
        let shown = far.prefix(3).map {
            "\(name($0.point)): \(Figures.compact($0.measured)) against \(Figures.compact($0.predicted))"
        }
        return FitWarning(
            kind: .outlier,
            finding:
                "\(Self.count(far.count, "lies", "lie")) more than five robust deviations off "
                + "(\(shown.joined(separator: "; "))).",
            advice: fit.objective.delta == nil
                ? "Look at these evaluations; a Huber objective is not moved by them."
                : "Look at these evaluations; the Huber objective limits what they do.")
    }

    /// The law fitted without the 2-bit points misses them by more than a factor of 2, and the others by less.
    private var twoBitRegime: FitWarning? {
        guard optimum.law.quantity.isDegradation,
            let out = fit.heldOut.first(where: { $0.kind == .bits && $0.what == "bits = 2" }),
            let ratio = out.meanRatio, abs(Double.log(ratio)) > .log(2)
        else { return nil }
        return FitWarning(
            kind: .twoBitRegime,
            finding:
                "The law fitted without the 2-bit points predicts them at \(Figures.compact(ratio)) of what was measured.",
            advice:
                "2-bit damage is often of another kind than 4-bit noise (2604.19884); fit 2 bits by itself, or use "
                + "\(optimum.law.quantity.rawValue)-per-bit."
        )
    }

    private var notConverged: FitWarning? {
        guard !optimum.outcome.isConverged else { return nil }
        return FitWarning(
            kind: .notConverged, finding: "The minimisation stopped before its gradient vanished.",
            advice: "Some combination of parameters is free; give bounds, or fit a law with fewer parameters.")
    }

    private var singleOptimum: FitWarning? {
        guard fit.starts >= 4, fit.startsAtBest == 1 else { return nil }
        return FitWarning(
            kind: .singleOptimum, finding: "Only one of \(fit.starts) starts reached the best objective.",
            advice: "A better one may exist; raise the number of starts or give bounds.")
    }

    private var poorFit: FitWarning? {
        guard fit.n > optimum.coordinates.free.count + 2 else { return nil }
        if fit.isWeighted, !fit.objective.isLogarithmic {
            let degrees = Double(fit.n - optimum.coordinates.free.count)
            let reduced = 2 * fit.objectiveValue / degrees
            guard reduced > 4 else { return nil }
            return FitWarning(
                kind: .poorFit,
                finding: "Residuals are \(Figures.compact(reduced.squareRoot())) times their standard errors.",
                advice: "The law misses more than noise explains; intervals include that, but compare other laws.")
        }
        guard fit.r2 < 0.8 else { return nil }
        return FitWarning(
            kind: .poorFit, finding: "The law explains \(Figures.compact(max(fit.r2, 0) * 100)) % of the variance.",
            advice: "Compare other laws on the same points, and look at the residuals by size and bit width.")
    }

    private var heldOut: FitWarning? {
        guard
            let worst = fit.heldOut.filter({ $0.kind != .bits }).max(by: {
                ($0.rmsLogError ?? 0) < ($1.rmsLogError ?? 0)
            }),
            let error = worst.rmsLogError, error > (optimum.law.quantity.isDegradation ? 0.3 : 0.05)
        else { return nil }
        let ratio = worst.meanRatio ?? 1
        return FitWarning(
            kind: .heldOut,
            finding:
                "Fitted without \(worst.what), the law predicts those points at \(Figures.compact(ratio)) of what was "
                + "measured (off by a factor of \(Figures.compact(.exp(error))) on average).",
            advice: "Do not extrapolate that way with this law before a law with a lower held-out error is found.")
    }

    private static func count(_ count: Int, _ singular: String, _ plural: String) -> String {
        count == 1 ? "1 point \(singular)" : "\(count) points \(plural)"
    }

    /// The first three of some points, and how many more there are.
    private func names(_ points: [Point]) -> String {
        points.prefix(3).map(name).joined(separator: "; ") + (points.count > 3 ? "; and \(points.count - 3) more" : "")
    }

    /// A point by its size, tokens and bits, and by its scheme where that is not the same for all.
    private func name(_ point: Point) -> String {
        let conditions = point.conditions
        let bits = conditions.bits.map { ", P \(Figures.compact($0))" } ?? ""
        let isOfMany = optimum.all.contains { $0.conditions.scheme != conditions.scheme }
        let scheme = isOfMany || bits.isEmpty ? conditions.scheme.map { ", \($0)" } ?? "" : ""
        return "N \(Figures.compact(conditions.params)), D \(Figures.compact(conditions.tokens))\(bits)\(scheme)"
    }
}
