package import ScalingLaws

/// A law fitted to the points of one scheme, and what it predicts.
package struct FittedScheme: Sendable, Equatable {
    /// The scheme whose points were fitted.
    package var scheme: String
    package var fit: Fit
    package var predictions: [Prediction]
    /// The tokens at which QiD reaches a threshold, by size and bit width, where this is the law to ask.
    package var trainingLevels: [TrainingLevel]

    package init(
        scheme: String, fit: Fit, predictions: [Prediction], trainingLevels: [TrainingLevel] = []
    ) {
        (self.scheme, self.fit, self.predictions, self.trainingLevels) = (scheme, fit, predictions, trainingLevels)
    }

    /// The family that all fitted points are of; nil where they are of several or say nothing.
    package var family: String? {
        let families = Set(fit.residuals.map(\.point.family))
        return families.count == 1 ? families.first.flatMap(\.self) : nil
    }

    /// What tells this fit from the others of its law: the scheme, before it the family where the others have another.
    package func name(among laws: [FittedScheme]) -> String {
        guard let family, Set(laws.map(\.family)).count > 1 else { return scheme }
        return "\(family) \(scheme)"
    }
}
