import Presentation

/// The points that a law can use under an objective, and the others with the reason.
struct PointSelection {
    var points: [Point] = []
    /// Their places among the points given.
    var indices: [Int] = []
    var leftOut: [LeftOut] = []

    init(_ all: [Point], formula: Formula, objective: Objective) {
        for (index, point) in all.enumerated() {
            if let reason = Self.obstacle(point, formula, objective) {
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
        if quantity == .qid, let bits = conditions.bits, bits >= 16 {
            return "\(Figures.plain(bits)) bits are not compressed"
        }
        if objective.isLogarithmic, value <= 0 { return "\(quantity.rawValue) \(value) has no logarithm" }
        for variable in Variable.allCases where formula.expression.variables.contains(variable) {
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
        guard quantity == .qid, !measured.isEmpty else { return .log }
        let isAboveNoise = measured.allSatisfy { $0.value > ($0.point.qidStderr ?? 0) }
        let hasErrors = measured.allSatisfy { ($0.point.qidStderr ?? 0) > 0 }
        return isAboveNoise || !hasErrors ? .log : .linear
    }
}
