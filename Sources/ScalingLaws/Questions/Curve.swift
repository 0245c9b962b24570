/// A law with named parameters, evaluated at any conditions.
package struct Curve: Sendable {
    let formula: Formula
    private let places: [String: Int]

    /// Names as in results, in the order in which parameter values will come.
    package init(_ law: Law, names: [String]) throws(ScalingLawsError) {
        formula = try Formula(law)
        places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What the law says at each of the conditions.
    package func values(at conditions: [Conditions], parameters: [Double]) throws(ScalingLawsError) -> [Double] {
        try values(at: conditions, draws: [parameters])[0]
    }

    /// The same for many sets of parameters: one row for each.
    package func values(at conditions: [Conditions], draws: [[Double]]) throws(ScalingLawsError) -> [[Double]] {
        var evaluation = TapeEvaluation(try tape(conditions))
        let slots = try slots(conditions)
        return draws.map { draw in
            evaluation.evaluate(places: slots, parameters: draw)
            return evaluation.withResult { values, _ in conditions.indices.map { values[$0] } } ?? []
        }
    }

    /// ∂value/∂parameter at each of the conditions.
    package func derivatives(at conditions: [Conditions], parameters: [Double]) throws(ScalingLawsError) -> [[Double]] {
        var evaluation = TapeEvaluation(try tape(conditions))
        let slots = try slots(conditions)
        evaluation.evaluate(places: slots, parameters: parameters)
        return evaluation.withResult { _, columns in
            conditions.indices.map { row in
                var gradient = [Double](repeating: 0, count: parameters.count)
                for (slot, column) in columns.enumerated() { gradient[Int(slots[slot][row])] += column?[row] ?? 0 }
                return gradient
            }
        } ?? []
    }

    private func tape(_ conditions: [Conditions]) throws(ScalingLawsError) -> Tape {
        var columns: [Variable: [Double]] = [:]
        for variable in formula.expression.variables { columns[variable] = try column(variable, conditions) }
        return Tape(
            formula.expression, slots: formula.slots.map(\.definition.name), rowCount: conditions.count,
            variables: columns)
    }

    private func slots(_ conditions: [Conditions]) throws(ScalingLawsError) -> [[Int32]] {
        var slots: [[Int32]] = []
        for slot in formula.slots { slots.append(try places(slot, conditions)) }
        return slots
    }

    private func column(_ variable: Variable, _ conditions: [Conditions]) throws(ScalingLawsError) -> [Double] {
        var values: [Double] = []
        for condition in conditions {
            do {
                values.append(try variable.value(at: condition, predicting: formula.law.quantity))
            } catch {
                throw .missingCondition(law: formula.law.name, name: variable.rawValue)
            }
        }
        return values
    }

    private func places(_ slot: Formula.Slot, _ conditions: [Conditions]) throws(ScalingLawsError) -> [Int32] {
        var result: [Int32] = []
        for condition in conditions {
            let level = slot.label.map { $0.level(of: condition) ?? "unknown" }
            let name = level.map { "\(slot.definition.name).\($0)" } ?? slot.definition.name
            guard let place = places[name] else {
                let prefix = slot.definition.name + "."
                let known = places.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
                throw .unknownLevel(
                    law: formula.law.name, parameter: slot.definition.name, found: level ?? "", known: known.sorted())
            }
            result.append(Int32(place))
        }
        return result
    }
}
