/// How much models mind errors of their layers, by size and training: S = k·D^β/N^α, fitted to the probes of checkpoints.
package struct SensitivityLaw: Sendable {
    package let fit: Fit

    private static var law: Law {
        get throws(ScalingLawsError) {
            var law = try Laws.named("kl = k * tokens^beta / params^alpha")
            (law.name, law.display) = ("sensitivity", "S = k·D^β/N^α")
            return law
        }
    }

    /// Of points that have the column `sensitivity`; each checkpoint counts once.
    /// - Throws: `noAnswer` where fewer than three checkpoints have a probe; as `fit` does.
    package init(_ points: [Point], _ options: FitOptions = FitOptions()) throws(ScalingLawsError) {
        var known: Set<String> = []
        var probed: [Point] = []
        for point in points {
            let name = point.checkpoint ?? "\(point.conditions.params) \(point.conditions.tokens) \(point.series ?? "")"
            guard let sensitivity = point.conditions.columns["sensitivity"], known.insert(name).inserted else {
                continue
            }
            var copy = point
            (copy.conditions.bits, copy.conditions.scheme, copy.lossAtChance) = (nil, nil, nil)
            (copy.kl, copy.klStderr, copy.qid, copy.qidStderr, copy.loss) = (sensitivity, nil, nil, nil, nil)
            probed.append(copy)
        }
        guard probed.count > 2 else {
            throw .noAnswer("\(probed.count) checkpoints have a probe; three or more say how sensitivity grows")
        }
        fit = try ScalingLaws.fit(probed, Self.law, options)
    }

    /// S of a model of this size after so many tokens, with the 95 % predictive interval of another run.
    package func sensitivity(params: Double, tokens: Double) throws(ScalingLawsError) -> Prediction {
        guard let found = try fit.predict([Conditions(params: params, tokens: tokens)]).first else {
            throw .noAnswer("the law of sensitivity says nothing there")
        }
        return found
    }

    /// By what factor (ln, root mean square) S of the largest size was off when the others foretold it; nil where they do
    /// not tell.
    package var heldOutError: Double? { fit.heldOut.first { $0.kind == .largestModel }?.rmsLogError }
}
