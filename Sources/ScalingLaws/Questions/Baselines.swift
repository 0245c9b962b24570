extension Points {
    /// The losses of the 16-bit models among these points: those measured, and loss − QiD where a compressed model's
    /// point has both.
    ///
    /// Each model counts once.
    package static func uncompressed(_ points: [Point]) -> [Point] {
        var baselines = points.filter { $0.loss != nil && $0.qid == nil && !Variable.isCompressed($0.conditions) }
        var known = Set(baselines.map(Model.init))
        for point in points {
            guard let loss = point.baselineLoss, loss > 0, known.insert(Model(point)).inserted else { continue }
            var baseline = point
            baseline.conditions = point.conditions.uncompressed
            (baseline.loss, baseline.qid, baseline.qidStderr) = (loss, nil, nil)
            baselines.append(baseline)
        }
        return baselines
    }

    private struct Model: Hashable {
        let params: Double
        let tokens: Double
        let family: String?
        let checkpoint: String?

        init(_ point: Point) {
            (params, tokens) = (point.conditions.params, point.conditions.tokens)
            (family, checkpoint) = (point.family, point.checkpoint)
        }
    }
}

extension LossModel {
    /// The loss of compressed models by a fit: that of a law of loss which speaks of compression, or a law of QiD added
    /// to a law of the 16-bit loss, fitted with another seed.
    ///
    /// 16-bit losses are looked for in `points` (see `Points.uncompressed`); their law `baseline` is unused if `fit` is
    /// of loss. Throws `noAnswer` if the law speaks of 16-bit losses only or no such loss is there to fit.
    package init(
        _ fit: Fit, baseline: Law, points: [Point], _ options: FitOptions = FitOptions()
    ) throws(ScalingLawsError) {
        if fit.law.quantity == .kl {
            throw .noAnswer("law '\(fit.law.name)' is of KL, which does not add to a loss; ask a law of QiD")
        }
        guard fit.law.quantity == .qid else {
            guard try !Formula(fit.law).expression.variables.isDisjoint(with: [.bits, .compressed, .fidelity]) else {
                throw .noAnswer(
                    "law '\(fit.law.name)' says nothing of bits; ask a law of QiD with --baseline, or degraded-loss")
            }
            self = .law(fit)
            return
        }
        guard baseline.quantity == .loss else {
            throw .noAnswer("the baseline is a law of the 16-bit loss, which '\(baseline.name)' is not")
        }
        let dense = Points.uncompressed(points)
        guard !dense.isEmpty else {
            throw .noAnswer(
                "16-bit losses are needed: rows of 16 bits with a loss, or both loss and qid in the other rows")
        }
        var options = options
        (options.objective, options.holdsOut) = (nil, false)
        options.seed &+= 1
        self = .sum(baseline: try ScalingLaws.fit(dense, baseline, options), qid: fit)
    }
}
