/// The parameters of a law on given points, one for each level of its labels, and which of them are free.
struct ParameterSpace: Sendable {
    struct Parameter: Sendable, Hashable {
        var name: String
        var definition: LawParameter
        var isLinear: Bool
        /// The value of a parameter that is not estimated.
        var fixed: Double?
    }

    let formula: Formula
    private(set) var parameters: [Parameter] = []
    /// For each slot of the formula, the place in `parameters` of each level; the level of a slot without label is "".
    private(set) var places: [[String: Int]] = []
    /// The scheme whose multiplier is 1.
    private(set) var reference: String?

    var free: [Int] { parameters.indices.filter { parameters[$0].fixed == nil } }

    init(
        _ formula: Formula, points: [Point], referenceScheme: String?, fixed: [String: Double] = [:]
    ) throws(ScalingLawsError) {
        self.formula = formula
        for slot in formula.slots {
            guard let label = slot.label else {
                places.append(["": parameters.count])
                let value = try Self.neutral(slot.definition, points, formula.law.quantity)
                append(slot, name: slot.definition.name, fixed: value)
                continue
            }
            let levels = Set(points.compactMap { label.level(of: $0.conditions) }).sorted(by: Self.numericOrder)
            let isAnchored = label == .scheme && slot.definition.name == Self.anchored
            if isAnchored { reference = try Self.reference(wanted: referenceScheme, among: levels) }
            var map: [String: Int] = [:]
            for level in levels {
                map[level] = parameters.count
                let ofLevel = points.filter { label.level(of: $0.conditions) == level }
                let silent = try Self.neutral(slot.definition, ofLevel, formula.law.quantity)
                let isReference = isAnchored && level == reference
                append(slot, name: "\(slot.definition.name).\(level)", fixed: isReference ? 1 : silent)
            }
            places.append(map)
        }
        for (name, value) in fixed.sorted(by: { $0.key < $1.key }) {
            guard let index = parameters.firstIndex(where: { $0.name == name }) else {
                throw .unknownParameter(name, law: formula.law.name, known: parameters.map(\.name))
            }
            parameters[index].fixed = value
        }
    }

    private mutating func append(_ slot: Formula.Slot, name: String, fixed: Double?) {
        parameters.append(
            Parameter(name: name, definition: slot.definition, isLinear: slot.isLinear, fixed: fixed))
    }

    /// The place of every slot's parameter for one point.
    func places(for point: Point) throws(ScalingLawsError) -> [Int32] {
        var result: [Int32] = []
        for (slot, map) in zip(formula.slots, places) {
            let level = slot.label.map { $0.level(of: point.conditions) ?? "unknown" } ?? ""
            guard let place = map[level] else {
                throw .unknownLevel(
                    law: formula.law.name, parameter: slot.definition.name, found: level,
                    known: map.keys.sorted(by: Self.numericOrder))
            }
            result.append(Int32(place))
        }
        return result
    }

    /// The effective parameter multiplier, the only parameter that is 1 for a reference.
    private static let anchored = "eff"

    /// The neutral value of a parameter that these points cannot show, nil for all others.
    private static func neutral(
        _ definition: LawParameter, _ points: [Point], _ quantity: Quantity
    ) throws(ScalingLawsError) -> Double? {
        guard let variable = definition.identifiedBy else { return nil }
        let values = Set(points.compactMap { try? variable.value(at: $0.conditions, predicting: quantity) })
        return values.count < 2 ? definition.neutral : nil
    }

    private static let usualReferences = ["dense", "16", "bf16", "fp16", "float16", "fp32", "none", "baseline"]

    private static func reference(wanted: String?, among levels: [String]) throws(ScalingLawsError) -> String {
        let candidates = wanted.map { [$0] } ?? usualReferences
        guard let found = candidates.first(where: levels.contains) else {
            throw .noReferenceScheme(wanted: wanted, found: levels)
        }
        return found
    }

    /// Numbers by size before other texts by bytes.
    private static func numericOrder(_ a: String, _ b: String) -> Bool {
        switch (Double(a), Double(b)) {
        case (let a?, let b?) where a != b: a < b
        case (.some, .none): true
        case (.none, .some): false
        default: a.utf8.lexicographicallyPrecedes(b.utf8)
        }
    }
}
