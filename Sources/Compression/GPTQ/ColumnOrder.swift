import JSON

/// In which order GPTQ takes columns while groups stay of consecutive columns, as tools for deployment have it.
package enum ColumnOrder: String, Sendable, Hashable, CaseIterable {
    /// By falling energy of their inputs, with the grids of the weights as they were: llm-compressor's `actorder: static`.
    case staticGroups = "static"
    /// Groups by their greatest energy, and columns within each by theirs: group-aware reordering (2505.14638).
    case groupAware = "gar"

    /// The columns in this order, where groups are of so many, by their energies.
    func columns(_ energies: [Double], groupLength: Int) -> [Int] {
        /// Equal ones stay in their order.
        func falling<Element>(_ elements: [Element], _ energy: (Element) -> Double) -> [Element] {
            elements.enumerated().sorted { left, right in
                let (first, second) = (energy(left.element), energy(right.element))
                return first == second ? left.offset < right.offset : first > second
            }.map(\.element)
        }
        let all = Array(energies.indices)
        guard self == .groupAware else { return falling(all) { energies[$0] } }
        let groups = stride(from: 0, to: energies.count, by: max(1, groupLength)).map { first in
            falling(Array(first..<min(energies.count, first + groupLength))) { energies[$0] }
        }
        return falling(groups) { energies[$0[0]] }.flatMap(\.self)
    }
}

extension SpecKey {
    /// The order of columns under groups that stay together.
    package static let order: SpecKey = .init(
        "order",
        summary:
            "The order of columns where groups stay of consecutive ones: static by falling energy with grids found "
            + "beforehand (llm-compressor), gar group by group (2505.14638)",
        allowed: ColumnOrder.allCases.map(\.rawValue).oneOf, schema: ColumnOrder.allCases.map(\.rawValue).schema,
        read: { (value, draft) throws(CompressionError) in
            draft.options.order = try value.choice(
                ColumnOrder.allCases.map(\.rawValue).oneOf, ColumnOrder.init(rawValue:))
        },
        canonical: { $0.options.order.map { .string($0.rawValue) } },
        label: { spec in
            spec.options.order.map {
                SpecLabel($0.rawValue, words: "columns in the order '\($0.rawValue)'", .procedure)
            }
        },
        check: { (spec) throws(CompressionError) in
            guard let order = spec.options.order, spec.options.actOrder else { return }
            throw SpecKey.order.refusal("'\(order.rawValue)'", allowed: "left out where act_order is true")
        })
}
