import RealModule

/// What the decay of the learning rate does to a law of damage, where runs of the same sizes have checkpoints of both
/// phases: 2510.06213 finds that damage jumps when the rate falls, whatever D is.
package struct PhaseComparison: Sendable, Equatable {
    /// The law with its constant and its exponent of D for either phase.
    package var law: Law
    /// The sizes that have checkpoints of both phases, and the training runs of them.
    package var sizes: [Double]
    package var runs: Int
    /// At the tokens of the annealed checkpoints, in their order.
    package var ratios: [Ratio]
    /// The law fitted to either phase alone, to these sizes; the constant rate first.
    package var fits: [Fit]

    /// The damage of annealed checkpoints over that of others at a constant rate of the same size and tokens.
    package struct Ratio: Sendable, Equatable {
        package var tokens: Double
        /// With its 95 % interval.
        package var ratio: Estimate
        /// The annealed checkpoints that there are.
        package var checkpoints: Int
    }

    private static let phases: [LearningRatePhase] = [.stable, .annealed]

    /// Compares the phases of the sizes that have both; nil for a law that is not one of `Laws.klUnified` and `qidUnified`,
    /// or where either phase has fewer than two numbers of tokens.
    ///
    /// A branch that anneals a run is of that run: points of one size and seed are resampled together.
    package init?(_ points: [Point], _ law: Law, _ options: FitOptions = FitOptions()) {
        guard let indexed = Self.indexed(law) else { return nil }
        let sizes = Self.phases.map { phase in
            Set(points.filter { $0.phase == phase }.map(\.conditions.params))
        }
        let common = sizes[0].intersection(sizes[1])
        let usable = points.filter { common.contains($0.conditions.params) && Self.phases.contains($0.phase) }.map(
            Self.ofRun)
        let tokens = Self.phases.map { phase in
            Set(usable.filter { $0.phase == phase }.map(\.conditions.tokens)).sorted()
        }
        guard tokens.allSatisfy({ $0.count > 1 }) else { return nil }
        var options = options
        (options.holdsOut, options.profiles) = (false, false)
        options.objective = options.objective ?? law.objective(for: usable)
        options.phases = .all
        guard let joint = try? fit(usable, indexed, options),
            let ratios = try? Self.ratios(joint, usable, at: tokens[1])
        else { return nil }
        let alone = Self.phases.compactMap { phase in
            var options = options
            options.phases = .only(phase)
            return try? fit(usable, law, options)
        }
        guard alone.count == Self.phases.count else { return nil }
        (self.law, self.sizes, self.ratios) = (indexed, common.sorted(), ratios)
        (runs, fits) = (Set(usable.map(\.series)).count, alone)
    }

    private static func indexed(_ law: Law) -> Law? {
        guard law == Laws.klUnified || law == Laws.qidUnified else { return nil }
        return try? Laws.named("\(law.quantity.rawValue) = k[phase] * tokens^beta[phase] / (params^alpha * bits^gamma)")
    }

    private static func ofRun(_ point: Point) -> Point {
        var point = point
        point.series = "\(point.conditions.params) \(point.seed ?? "")"
        point.conditions = point.conditions.labelled(point.phase)
        return point
    }

    private static func ratios(
        _ fit: Fit, _ points: [Point], at tokens: [Double]
    ) throws(ScalingLawsError) -> [Ratio] {
        let curve = try Curve(fit.law, names: fit.parameters.map(\.name))
        let parameters = fit.parameters.map(\.value)
        let any = points[0].conditions
        let places = tokens.flatMap { tokens in phases.map { any.with(tokens: tokens).labelled($0) } }
        let values = try curve.values(at: places, parameters: parameters)
        let drawn = try curve.values(at: places, draws: fit.draws)
        let slopes = try curve.derivatives(at: places, parameters: parameters)
        return tokens.indices.map { index in
            let (stable, annealed) = (2 * index, 2 * index + 1)
            let gradient = zip(slopes[annealed], slopes[stable]).map { $0 / values[annealed] - $1 / values[stable] }
            let value = values[annealed] / values[stable]
            let interval = Interval.of(
                drawn.map { $0[annealed] / $0[stable] }, around: value,
                widening: fit.widening(ofParameters: gradient), within: 0...Double.infinity)
            let there = points.filter { $0.phase == .annealed && $0.conditions.tokens == tokens[index] }
            return Ratio(
                tokens: tokens[index], ratio: Estimate(value: value, low: interval.low, high: interval.high),
                checkpoints: Set(there.map { $0.checkpoint ?? $0.series }).count)
        }
    }
}

extension Conditions {
    fileprivate func labelled(_ phase: LearningRatePhase) -> Conditions {
        var copy = self
        copy.labels["phase"] = phase.rawValue
        return copy
    }
}
