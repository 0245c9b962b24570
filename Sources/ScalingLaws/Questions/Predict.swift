import Mathematics
import Presentation
import RealModule

extension Fit {
    /// What the law says at each of the conditions.
    /// - Throws: `missingCondition` or `unknownLevel` where the law needs what the conditions lack.
    package func values(at conditions: [Conditions]) throws(ScalingLawsError) -> [Double] {
        try Curve(law, names: parameters.map(\.name)).values(at: conditions, parameters: parameters.map(\.value))
    }

    /// What the law says at each of the conditions with the 95 % interval of the law there (not of a new
    /// measurement), how far that is from the data, and a warning where it is outside.
    ///
    /// Beyond the data an interval is at least as wide as the error that the law was found to have on what was held out
    /// that way. What would lie above chance is cut there, and said.
    /// - Throws: `oneValue` where the data have one size, say, and another is asked for.
    package func predict(_ conditions: [Conditions]) throws(ScalingLawsError) -> [Prediction] {
        for place in conditions { try checkVaried(place) }
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
            var prediction = Prediction(
                at: conditions[index], value: values[index], low: interval.low, high: interval.high,
                predictive: predictive(at: conditions[index], around: values[index], slopes[index]),
                beyondHull: factor,
                warnings: extrapolation(factor, conditions[index]))
            if factor > 1, let error = heldOutError(towards: conditions[index]) { prediction.widen(by: error) }
            if let ceiling { prediction.cut(at: ceiling, law.quantity) }
            return prediction
        }
    }

    /// Whether the data vary in what tells these conditions from them.
    package func speaks(of conditions: Conditions) -> Bool {
        do {
            try checkVaried(conditions)
            return true
        } catch {
            return false
        }
    }

    private func checkVaried(_ conditions: Conditions) throws(ScalingLawsError) {
        for variable in try Formula(law).expression.variables.sorted(by: { $0.rawValue < $1.rawValue }) {
            let known = Set(
                residuals.compactMap { try? variable.value(at: $0.point.conditions, predicting: law.quantity) })
            guard known.count == 1, let one = known.first,
                let asked = try? variable.value(at: conditions, predicting: law.quantity)
            else { continue }
            guard abs(asked - one) <= 1e-9 * abs(one) else {
                throw .oneValue(law: law.name, variable: variable.rawValue, known: one, asked: asked)
            }
        }
    }

    /// The error of what was held out in the direction of these conditions: a larger model, more tokens.
    private func heldOutError(towards conditions: Conditions) -> Double? {
        let largest = residuals.map(\.point.conditions.params).max() ?? .infinity
        let latest = residuals.map(\.point.conditions.tokens).max() ?? .infinity
        let errors = heldOut.filter { part in
            switch part.kind {
            case .largestModel: conditions.params > largest
            case .lastDecade: conditions.tokens > latest
            case .bits, .methods: false
            }
        }
        return errors.compactMap(\.rmsLogError).max()
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
        guard factor > 1 else { return [] }
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
        let outside = predictions.filter { $0.beyondHull > 1 }
        guard let furthest = outside.max(by: { $0.beyondHull < $1.beyondHull }) else { return nil }
        guard outside.count > 1 else { return furthest.warnings.first { $0.kind == .extrapolation } }
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

extension Prediction {
    /// Makes the law's interval reach at least as far as it typically missed what was held out, an error of the logarithm,
    /// and that of a measurement as far as such errors reach 95 times of 100.
    fileprivate mutating func widen(by error: Double) {
        guard value > 0 else { return }
        (low, high) = (min(low, value * .exp(-error)), max(high, value * .exp(error)))
        let reach = Normal.quantile(1 - Interval.tail) * error
        predictive = predictive.map {
            min($0.lowerBound, value * .exp(-reach))...max($0.upperBound, value * .exp(reach))
        }
    }

    /// Cuts what lies above chance.
    fileprivate mutating func cut(at ceiling: Double, _ quantity: Quantity) {
        if value > ceiling {
            warnings.append(
                FitWarning(
                    kind: .saturated,
                    finding:
                        "The law gives \(quantity.symbol) \(Figures.compact(value)) at N \(Figures.compact(at.params)), "
                        + "D \(Figures.compact(at.tokens)), worse than guessing; it is cut at \(Figures.compact(ceiling)).",
                    advice: "A law of small noise does not hold for models that have collapsed; read it as destroyed."))
        }
        (value, low, high) = (min(value, ceiling), min(low, ceiling), min(high, ceiling))
        predictive = predictive.map { min($0.lowerBound, ceiling)...min($0.upperBound, ceiling) }
    }
}
