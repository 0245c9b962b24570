internal import ScalingLaws

/// What a fitted law says between its points, for drawing.
enum LawCurve {
    /// A law's curve over training tokens for the size and compression of a fitted point, with its 95 % interval where it has one.
    ///
    /// Empty where the law cannot be evaluated there: then there is nothing to draw.
    static func curve(of fit: Fit, through known: Conditions, over axis: LogAxis) -> [CurvePoint] {
        let places = axis.samples(41).map { tokens in
            var conditions = known
            conditions.tokens = tokens
            return conditions
        }
        guard let predictions = try? fit.predict(places) else { return [] }
        return predictions.map { one in
            let isKnown = one.low > 0 && one.high.isFinite
            return CurvePoint(
                x: one.at.tokens, y: one.value, low: isKnown ? one.low : one.value, high: isKnown ? one.high : one.value
            )
        }
    }

    /// What the law says with other parameters, in the fit's order; nil where it cannot be evaluated.
    static func values(of fit: Fit, parameters: [Double], at conditions: [Conditions]) -> [Double]? {
        guard parameters.count == fit.parameters.count else { return nil }
        var other = fit
        for (place, value) in parameters.enumerated() { other.parameters[place].value = value }
        return try? other.values(at: conditions)
    }
}
