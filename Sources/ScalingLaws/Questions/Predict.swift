import Mathematics
import Presentation

extension Fit {
    /// What the law says at each of the conditions.
    /// - Throws: `missingCondition` or `unknownLevel` where the law needs what the conditions lack.
    package func values(at conditions: [Conditions]) throws(ScalingLawsError) -> [Double] {
        try Curve(law, names: parameters.map(\.name)).values(at: conditions, parameters: parameters.map(\.value))
    }

    /// What the law says at each of the conditions with the 95 % interval of the law there (not of a new
    /// measurement), how far that is from the data, and a warning where it is outside.
    package func predict(_ conditions: [Conditions]) throws(ScalingLawsError) -> [Prediction] {
        let curve = try Curve(law, names: parameters.map(\.name))
        let values = try curve.values(at: conditions, parameters: parameters.map(\.value))
        let drawn = try curve.values(at: conditions, draws: draws)
        let slopes = try curve.derivatives(at: conditions, parameters: parameters.map(\.value))
        let hull = Hull(residuals.map(\.point.conditions), of: curve.formula.expression.variables)
        return conditions.indices.map { index in
            let draws = drawn.map { $0[index] }
            let interval = Interval.of(
                draws, around: values[index],
                widening: widening(ofParameters: slopes[index]) * scaling(of: draws, slopes[index]),
                within: (values[index] > 0 ? 0 : -Double.infinity)...Double.infinity)
            let factor = hull.factorBeyond(conditions[index])
            return Prediction(
                at: conditions[index], value: values[index], low: interval.low, high: interval.high, beyondHull: factor,
                warnings: extrapolation(factor, conditions[index]))
        }
    }

    /// The deviation that clusters give a quantity over that of its draws: those of Huber's objective are found where it
    /// bends, and stray.
    private func scaling(of draws: [Double], _ gradient: [Double]) -> Double {
        guard let deviation = influence?.deviation(ofParameters: gradient) else { return 1 }
        let sorted = draws.filter(\.isFinite).sorted()
        let width = Interval.quantile(sorted, 1 - Interval.tail) - Interval.quantile(sorted, Interval.tail)
        guard width > 0 else { return 1 }
        return 2 * Normal.quantile(1 - Interval.tail) * deviation / width
    }

    /// How much wider than the draws' percentiles the interval of a quantity with these derivatives by the parameters
    /// must be, for so few clusters.
    func widening(ofParameters gradient: [Double]) -> Double {
        influence.map { Interval.widening(degrees: $0.degrees(ofParameters: gradient)) } ?? 1
    }

    /// The same for the law at these conditions.
    func widening(at conditions: Conditions) throws(ScalingLawsError) -> Double {
        let curve = try Curve(law, names: parameters.map(\.name))
        let slopes = try curve.derivatives(at: [conditions], parameters: parameters.map(\.value))
        return slopes.first.map(widening(ofParameters:)) ?? 1
    }

    private func extrapolation(_ factor: Double, _ conditions: Conditions) -> [FitWarning] {
        guard factor > 1.05 else { return [] }
        return [
            FitWarning(
                kind: .extrapolation,
                finding:
                    "N \(Figures.compact(conditions.params)), D \(Figures.compact(conditions.tokens)) lies a factor of "
                    + "\(Figures.compact(factor)) outside the measured points.",
                advice: "The interval holds only if the law does; measure nearer to it, or compare laws by their "
                    + "held-out error.")
        ]
    }
}

extension FitWarning {
    /// One warning for all predictions that lie outside the measured points; nil if none does.
    package static func extrapolation(of predictions: [Prediction]) -> FitWarning? {
        let outside = predictions.filter { !$0.warnings.isEmpty }
        guard let furthest = outside.max(by: { $0.beyondHull < $1.beyondHull }) else { return nil }
        guard outside.count > 1 else { return furthest.warnings[0] }
        return FitWarning(
            kind: .extrapolation,
            finding:
                "\(outside.count) of \(predictions.count) predictions lie outside the measured points, the furthest, "
                + "N \(Figures.compact(furthest.at.params)), D \(Figures.compact(furthest.at.tokens)), by a factor of "
                + "\(Figures.compact(furthest.beyondHull)).",
            advice: "Their intervals hold only if the law does; measure nearer to them, or compare laws by their "
                + "held-out error.")
    }
}
