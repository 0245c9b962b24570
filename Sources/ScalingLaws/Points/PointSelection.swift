import Presentation

/// The points that a law can use under an objective, and the others with the reason.
struct PointSelection {
    var points: [Point] = []
    /// Their places among the points given.
    var indices: [Int] = []
    var leftOut: [LeftOut] = []

    /// The phase that was chosen; nil for all.
    private(set) var phase: LearningRatePhase?

    init(_ all: [Point], formula: Formula, objective: Objective, phases: PhaseChoice = .all) {
        let obstacles = all.map { Self.obstacle($0, formula, objective) }
        // A law with a parameter for each phase is for all of them.
        let isIndexed = formula.slots.contains { $0.label == .column("phase") }
        let phase = isIndexed ? nil : phases.phase(in: zip(all, obstacles).filter { $1 == nil }.map(\.0))
        self.phase = phase
        for (index, point) in all.enumerated() {
            let other = phase.flatMap { point.phase == $0 ? nil : "phase \(point.phase.rawValue), not \($0.rawValue)" }
            if let reason = obstacles[index] ?? other {
                leftOut.append(LeftOut(index: index, point: point, reason: reason))
            } else {
                points.append(point)
                indices.append(index)
            }
        }
    }

    private static func obstacle(_ point: Point, _ formula: Formula, _ objective: Objective) -> String? {
        let quantity = formula.law.quantity
        guard let value = point.measured(quantity), value.isFinite else { return "no \(quantity.rawValue)" }
        let conditions = point.conditions
        // Zeros and low rank keep what stays in 16 bits, and have errors all the same.
        if quantity.isDegradation, !formula.law.isOfDistortion, let bits = conditions.bits, bits >= 16 {
            return "\(Figures.plain(bits)) bits are not compressed"
        }
        if objective.isLogarithmic, value <= 0 { return "\(quantity.rawValue) \(value) has no logarithm" }
        for variable in formula.expression.variables.sorted(by: { $0.rawValue < $1.rawValue }) {
            do {
                _ = try variable.value(at: conditions, predicting: quantity)
            } catch {
                return "no \(error.variable.rawValue)"
            }
        }
        for label in formula.slots.compactMap(\.label) where label.level(of: conditions) == nil {
            return "no \(label.rawValue)"
        }
        return nil
    }
}

extension Law {
    /// The objective where none is asked for: the law's own; else, for QiD, logarithms if every point stands above
    /// its noise and linear residuals over the standard errors if not, as those keep points at or below 0.
    func objective(for points: [Point]) -> Objective {
        if let defaultObjective { return defaultObjective }
        let measured = points.compactMap { point in point.measured(quantity).map { (value: $0, point: point) } }
        guard quantity.isDegradation, !measured.isEmpty else { return .log }
        let errors = measured.map { $0.point.standardError(of: quantity) ?? 0 }
        let isAboveNoise = zip(measured, errors).allSatisfy { $0.value > $1 }
        let hasErrors = errors.allSatisfy { $0 > 0 }
        return isAboveNoise || !hasErrors ? .log : .linear
    }
}
