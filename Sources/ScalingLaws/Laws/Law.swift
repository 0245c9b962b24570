/// A scaling law: a formula, what it predicts and what its parameters may be.
///
/// A value: adding a law is adding a line.
package struct Law: Sendable, Hashable {
    /// What `--law` calls it; the text itself for a law given as an expression.
    package var name: String
    /// What it predicts.
    package var quantity: Quantity
    /// The formula in the expression language, as it is evaluated (see `Expression`).
    package var formula: String
    /// The formula as a reader of the paper expects it.
    package var display: String
    /// Paper and, where it has one, equation.
    package var source: String
    package var parameters: [LawParameter]
    /// The objective used where the user names none; nil: `log` for QiD that is all above its noise, else `linear`.
    package var defaultObjective: Objective?

    package init(
        name: String, quantity: Quantity, formula: String, display: String, source: String,
        parameters: [LawParameter], defaultObjective: Objective? = nil
    ) {
        (self.name, self.quantity, self.formula, self.display) = (name, quantity, formula, display)
        (self.source, self.parameters, self.defaultObjective) = (source, parameters, defaultObjective)
    }
}

extension Law {
    /// Whether the formula has this variable, or parameters for each of its values.
    package func uses(_ variable: Variable) -> Bool {
        guard let expression else { return false }
        return expression.variables.contains(variable) || hasLevels(of: Label(rawValue: variable.rawValue))
    }

    /// Whether it foretells damage from the errors of layers, whatever made them: such a law is of all schemes together.
    package var isOfDistortion: Bool {
        uses(.column("distortion")) || uses(.column("weight_distortion"))
    }

    /// Whether a parameter has one value for each level of the label.
    package func hasLevels(of label: Label) -> Bool {
        expression?.parameters.contains { $0.label == label } ?? false
    }

    /// Nil for a formula that cannot be read; fitting says why.
    private var expression: Expression? {
        try? ExpressionParser.parse(formula, parameters: Set(parameters.map(\.name)))
    }
}

/// One parameter of a law, or one for each level of a label (`eff` of every scheme, `alpha` of every bit width).
package struct LawParameter: Sendable, Hashable {
    /// The name in the formula and, before any level, in results: `alpha`, `eff`.
    package var name: String
    /// The letter as papers print it: `α`.
    package var symbol: String
    package var lower: Double
    package var upper: Double
    /// The unit as an expression in N, D and nats; empty for a pure number.
    package var unit: String
    /// Where starts are drawn from: evenly in the logarithm for a scale, else evenly.
    package var starts: ClosedRange<Double>
    /// It is positive and known up to factors (a size, a multiplier), so it is searched in its logarithm.
    package var isScale: Bool
    /// The variable whose variation identifies this parameter; if every point has one value, it is held at `neutral`.
    package var identifiedBy: Variable?
    /// The value that takes the parameter out of the law.
    package var neutral: Double
    /// A published value in the units used here (parameters, tokens, nats), for the table beside the fitted one.
    package var published: Double?

    package init(
        _ name: String, _ symbol: String, in bounds: ClosedRange<Double> = 0...Double.infinity, unit: String = "",
        starts: ClosedRange<Double> = 0.05...2, isScale: Bool = false, identifiedBy: Variable? = nil,
        neutral: Double = 0,
        published: Double? = nil
    ) {
        self.name = name
        self.symbol = symbol
        self.lower = bounds.lowerBound
        self.upper = bounds.upperBound
        (self.unit, self.starts, self.isScale, self.identifiedBy) = (unit, starts, isScale, identifiedBy)
        (self.neutral, self.published) = (neutral, published)
    }
}
